using System.Diagnostics;
using Fecom.Benchmarks.Pipeline;
using Fecom.Testing;
using Npgsql;

namespace Fecom.Benchmarks.Hosts;

/// <summary>What a fleet of hosts cost, microseconds of CPU an event.</summary>
/// <param name="Hosts">The hosts together.</param>
/// <param name="Brokers">The brokers.</param>
/// <param name="Servers">PostgreSQL and Redis.</param>
/// <param name="EventsPerSecond">The rate.</param>
/// <param name="LeastShare">Share of the hosts' part that the host took that did least: hosts that are idle prove nothing.</param>
internal sealed record FleetCosts(
    double Hosts,
    double Brokers,
    double Servers,
    double EventsPerSecond,
    double LeastShare
)
{
    public double All => Hosts + Brokers + Servers;
}

/// <summary>Hosts on one database, one Redis and one Kafka, which load files from one folder: one host reads a file, all take their partitions of its events.</summary>
internal sealed class HostFleet : IAsyncDisposable
{
    private readonly List<HostProcess> _hosts = [];
    private readonly string _data = RunFolder.Create("bench");

    private HostFleet() => Directory.CreateDirectory($"{_data}/raw");

    /// <summary>Loads a file with so many hosts, after a smaller one for which all they run was compiled, and counts what came of it.</summary>
    public static async Task<FleetCosts> MeasureAsync(
        int hosts,
        int events,
        RealKafka kafka,
        PrivatePostgres postgres,
        PrivateRedis redis
    )
    {
        await kafka.WholeAsync();
        await kafka.ClearAsync();
        await redis.FlushAsync();
        string connection = await postgres.CreateDatabaseAsync();
        await using HostFleet fleet = new();
        int warming = events / 2;
        await GeneratedFile.MakeAsync(warming, seed: 2, $"{fleet._data}/warming.csv");
        await GeneratedFile.MakeAsync(events, seed: 1, $"{fleet._data}/events.csv");
        for (int i = 0; i < hosts; i++)
        {
            fleet._hosts.Add(
                await HostProcess.StartAsync(
                    connection,
                    redis.ConnectionString,
                    fleet._data,
                    ("Kafka__BootstrapServers", kafka.BootstrapServers),
                    ("Training__TrainAfterFirstLoad", "false")
                )
            );
        }

        await fleet.LoadAsync("warming.csv", warming);
        FleetCosts costs = await fleet.LoadAsync("events.csv", events, kafka, postgres, redis);
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(connection);
        await WrittenRows.CheckAsync(database, WrittenRows.BronzeAsync, warming + events);
        await WrittenRows.CheckAsync(database, WrittenRows.FeaturesAsync, warming + events);
        return costs;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (HostProcess host in _hosts)
        {
            await host.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    private async Task<FleetCosts> LoadAsync(
        string file,
        int events,
        RealKafka kafka,
        PrivatePostgres postgres,
        PrivateRedis redis
    )
    {
        int[] brokers = [.. Enumerable.Range(1, kafka.Brokers).Select(kafka.Pid)];
        double[] before = [.. _hosts.Select(host => ProcessTimes.Cpu(host.Pid))];
        double brokersBefore = brokers.Sum(ProcessTimes.Cpu);
        double serversBefore = ProcessTimes.Tree(postgres.Pid) + ProcessTimes.Tree(redis.Pid);
        long start = Stopwatch.GetTimestamp();
        await LoadAsync(file, events);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        double[] spent = [.. _hosts.Select((host, i) => ProcessTimes.Cpu(host.Pid) - before[i])];
        return new FleetCosts(
            spent.Sum() / events,
            (brokers.Sum(ProcessTimes.Cpu) - brokersBefore) / events,
            (ProcessTimes.Tree(postgres.Pid) + ProcessTimes.Tree(redis.Pid) - serversBefore) / events,
            events / took.TotalSeconds,
            spent.Min() / spent.Sum()
        );
    }

    /// <summary>Puts a file where the hosts find it, and waits until every sink has it.</summary>
    private Task LoadAsync(string file, int events)
    {
        File.Move($"{_data}/{file}", $"{_data}/raw/{file}");
        return GeneratedFile.LoadedAsync(_hosts[0].Http, file, events);
    }
}
