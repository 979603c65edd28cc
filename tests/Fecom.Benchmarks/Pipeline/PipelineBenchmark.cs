using System.Globalization;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>
/// The event backbone, stage by stage, each with its baseline in the same run: the plain client loop (the limit), one message
/// at a time through MassTransit (the way of its Kafka rider), our batches without sinks, validation beside a plain parse, each
/// sink behind it, and the whole host. Each stage says what it costs and where the rest of the time goes.
/// </summary>
internal static class PipelineBenchmark
{
    private const double PeerValidation = 10_000;

    public static readonly string[] Stages = ["plain_loop", "one_at_a_time", "dispatch", "parse_only", "validation", "bronze", "features", "parse_file", "all_sinks", "post_events", "rates"];

    /// <param name="run">What to run.</param>
    /// <param name="backlog">Events that are there before moderate rates are measured.</param>
    public static async Task<int> RunAsync(BenchmarkRun run, int backlog)
    {
        Console.WriteLine($"pipeline: {run.Events:N0} events, {Environment.ProcessorCount} cores, everything on this machine");
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        if (run.Stage is not ("all_sinks" or "post_events" or "parse_file" or "rates"))
        {
            await PartsAsync(run, postgres, redis);
        }

        if (run.Wants("parse_file"))
        {
            await FileParse.MeasureAsync(run);
        }

        if (run.Wants("all_sinks") || run.Wants("post_events"))
        {
            await WholeHostAsync(run, postgres, redis);
        }

        if (run.Wants("rates"))
        {
            await RatesAsync(run, backlog, postgres, redis);
        }

        run.Finish();
        return 0;
    }

    private static async Task PartsAsync(BenchmarkRun run, PrivatePostgres postgres, PrivateRedis redis)
    {
        EventMaker maker = new(seed: 1, users: 20_000, invalid: 0);
        OutgoingMessage[][] chunks = [.. Enumerable.Range(0, run.Events).Select(_ => maker.Next().Message).Chunk(5_000)];
        ClientLoop baselines = new(chunks);
        HostedStages stages = new(chunks, postgres, redis);
        await StageAsync(run, "plain_loop", baselines.PlainAsync, "consumer to producer, no MassTransit: the limit");
        await StageAsync(run, "one_at_a_time", baselines.OneAtATimeAsync, "one JSON message a MassTransit dispatch: the rider's way");
        await StageAsync(run, "dispatch", stages.DispatchAsync, "our batches through a MassTransit consumer to a second topic");
        if (run.Stage is null)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  = {run["dispatch_eps"] / run["one_at_a_time_eps"]:0.0} x one at a time, {run["dispatch_eps"] / run["plain_loop_eps"]:P0} of the limit"
                )
            );
        }

        await StageAsync(run, "parse_only", stages.ParseOnlyAsync, "our batches, each event read as JSON by System.Text.Json and forwarded");
        await StageAsync(run, "validation", stages.ValidationAsync, "raw to validated, every rule");
        if (run.Stage is null)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  = {run["validation_eps"] / run["parse_only_eps"]:P0} of parse only, {run["validation_eps"] / PeerValidation:0.0} x a peer's {PeerValidation:N0} (bmd1905's purchase prediction system: Flink, parallelism 4)"
                )
            );
        }

        await StageAsync(run, "bronze", stages.BronzeAsync, "raw to validated to bronze");
        await StageAsync(run, "features", stages.FeaturesAsync, "raw to validated to offline store and online features");
    }

    private static async Task StageAsync(BenchmarkRun run, string stage, Func<Task<StageCosts>> measure, string meaning)
    {
        if (run.Wants(stage))
        {
            Report(run, stage, await measure(), meaning);
        }
    }

    private static async Task WholeHostAsync(BenchmarkRun run, PrivatePostgres postgres, PrivateRedis redis)
    {
        await using WholeHost host = await WholeHost.StartAsync(run.Events, postgres, redis);
        Report(run, "all_sinks", await host.LoadAsync(), "file to raw to validated to features, offline store and bronze");
        run.Report("host_rss_mib", host.PeakMemoryMib, "MiB, the host's peak resident memory");
        if (run.Wants("post_events"))
        {
            Report(run, "post_events", await host.PostAsync(callers: 4, eventsACall: 500), "POST /api/v1/events, 4 callers, 500 a call, until the last is accepted");
        }
    }

    /// <summary>Nothing is trained meanwhile: that is no cost of the rate.</summary>
    private static async Task RatesAsync(BenchmarkRun run, int backlog, PrivatePostgres postgres, PrivateRedis redis)
    {
        await redis.FlushAsync();
        await using WholeHost host = await WholeHost.StartAsync(backlog, postgres, redis, ("Training__TrainAfterFirstLoad", "false"));
        await host.LoadAsync();
        await RateCosts.MeasureAsync(run, host, backlog);
    }

    private static void Report(BenchmarkRun run, string stage, StageCosts costs, string meaning)
    {
        run.Report($"{stage}_eps", costs.EventsPerSecond, $"events/s, {meaning}");
        run.Keep($"{stage}_cpu_us", costs.Cpu);
        run.Keep($"{stage}_client_us", costs.Client);
        run.Keep($"{stage}_servers_us", costs.Servers);
        run.Keep($"{stage}_idle_percent", 100 * costs.Idle);
        string managed = "";
        if (!double.IsNaN(costs.Allocated))
        {
            run.Keep($"{stage}_alloc_bytes", costs.Allocated);
            managed = $"; {costs.Allocated:0} bytes allocated, collector holds {costs.Paused:P0} of the time";
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{"",-22} {costs.Cpu,12:0.0}   us of CPU an event, {costs.Client:0.0} of them in librdkafka (embedded broker too); PostgreSQL and Redis {costs.Servers:0.0} us{managed}; cores idle {costs.Idle:P0}"
            )
        );
    }
}
