using System.Globalization;
using Fecom.Testing;

namespace Fecom.Benchmarks.Hosts;

/// <summary>
/// What an event costs with one host and with several, on three real brokers: the CPU of hosts, brokers, PostgreSQL and Redis together. On one
/// machine hosts share its cores, so the rate says little; that the cost stays says that more machines give more events.
/// </summary>
internal static class HostsBenchmark
{
    private const int Brokers = 3;

    /// <param name="run">How many events.</param>
    /// <param name="hosts">How many hosts the second measurement has.</param>
    public static async Task<int> RunAsync(BenchmarkRun run, int hosts)
    {
        Console.WriteLine(
            $"hosts: {run.Events:N0} events, {Environment.ProcessorCount} cores, {Brokers} brokers, everything on this machine"
        );
        await using RealKafka kafka = await RealKafka.StartAsync(Brokers, own: true);
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        FleetCosts one = await HostFleet.MeasureAsync(1, run.Events, kafka, postgres, redis);
        Report(run, "one_host", one, "one host");
        FleetCosts several = await HostFleet.MeasureAsync(hosts, run.Events, kafka, postgres, redis);
        Report(run, "several_hosts", several, $"{hosts} hosts");
        run.Report(
            "several_hosts_ratio",
            several.All / one.All,
            "the second by the first; 1.15 at the most is wanted",
            digits: 2
        );
        run.Finish();
        return 0;
    }

    private static void Report(BenchmarkRun run, string key, FleetCosts costs, string meaning)
    {
        run.Report($"{key}_us", costs.All, $"us of CPU an event with {meaning}", digits: 1);
        run.Keep($"{key}_hosts_us", costs.Hosts);
        run.Keep($"{key}_brokers_us", costs.Brokers);
        run.Keep($"{key}_servers_us", costs.Servers);
        run.Keep($"{key}_eps", costs.EventsPerSecond);
        run.Keep($"{key}_least_share", costs.LeastShare, 2);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{"", -22} {"", 12}   hosts {costs.Hosts:0.0}, brokers {costs.Brokers:0.0}, PostgreSQL and Redis {costs.Servers:0.0} us; {costs.EventsPerSecond:N0} events/s; the host that did least took {costs.LeastShare:P0} of the hosts' part"
            )
        );
    }
}
