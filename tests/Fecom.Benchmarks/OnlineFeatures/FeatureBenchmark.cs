using System.Globalization;
using Fecom.Benchmarks.Pipeline;
using Fecom.Testing;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Benchmarks.OnlineFeatures;

/// <summary>
/// The online features of a whole host under a steady rate of calls, beside a bare endpoint and a bare read from Redis in the
/// same run; how fresh they are while events come in; what they were at given times, written to a file; and how soon a wiped Redis has them again.
/// </summary>
internal static class FeatureBenchmark
{
    /// <summary>The stages, each of which can run alone.</summary>
    public static readonly string[] Stages = ["online", "freshness", "export", "wipe"];

    private const int CallsPerSecond = 2_000;
    private const int Callers = 16;

    /// <summary>Features that a call for 50 entities names: those that a model takes of them.</summary>
    private const int NamedFeatures = 10;
    private const int EventsPerSecond = 10_000;
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(5);
    private static readonly Uri Online = new("/api/v1/features/online", UriKind.Relative);

    public static async Task<int> RunAsync(BenchmarkRun run, int events, int rows, int entities)
    {
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        // Nothing is trained meanwhile: that is no cost of a feature. Nor is what jobs do every few minutes, which would fall into some runs.
        await using WholeHost host = await WholeHost.StartAsync(
            events,
            new StageKafka(real: null),
            postgres,
            redis,
            ("Training__TrainAfterFirstLoad", "false"),
            ("Jobs__load_warehouse__Cron", ""),
            ("Jobs__write_lake__Cron", "")
        );
        await host.LoadAsync();
        await host.SettleAsync();
        if (run.Wants("online"))
        {
            await OnlineAsync(run, host, redis);
        }

        if (run.Wants("freshness"))
        {
            await FreshnessAsync(run, host);
        }

        if (run.Wants("export"))
        {
            await using NpgsqlDataSource database = NpgsqlDataSource.Create(host.Connection);
            await ExportStage.RunAsync(run, database, rows);
        }

        if (run.Wants("wipe"))
        {
            await WipeStage.RunAsync(run, host, redis, entities);
        }

        run.Finish();
        return 0;
    }

    private static async Task OnlineAsync(BenchmarkRun run, WholeHost host, PrivateRedis redis)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        FeatureCalls one = FeatureCalls.Of(connection.GetServers()[0], entities: 1, features: null);
        FeatureCalls fifty = FeatureCalls.Of(connection.GetServers()[0], entities: 50, NamedFeatures);
        IDatabase store = connection.GetDatabase();
        await using BareEndpoint bare = await BareEndpoint.StartAsync(await one.PostAsync(host.Http, Online, 0));
        using HttpClient toBare = new() { BaseAddress = bare.Address };
        Uri bareAddress = new("/bare", UriKind.Relative);
        (string Key, string Meaning, Func<int, Task> Call)[] cases =
        [
            ("bare", "a bare endpoint", number => one.PostAsync(toBare, bareAddress, number)),
            ("redis_one", "one value read from Redis", number => one.ReadAsync(store, number)),
            ("redis_fifty", "50 values read from Redis", number => fifty.ReadAsync(store, number)),
            ("one_entity", "all features of one entity", number => one.PostAsync(host.Http, Online, number)),
            (
                "fifty_entities",
                $"{NamedFeatures} features of each of 50 entities",
                number => fifty.PostAsync(host.Http, Online, number)
            ),
        ];
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{CallsPerSecond:N0} calls a second for {Measuring.TotalSeconds:0} s, the better of two rounds; client, host, PostgreSQL and Redis share {Environment.ProcessorCount} cores"
            )
        );
        Dictionary<string, CallTimes> best = [];
        for (int round = 0; round < 2; round++)
        {
            foreach ((string key, _, Func<int, Task> call) in cases)
            {
                await OpenLoop.MeasureAsync(CallsPerSecond, Warming, call);
                CallTimes times = await OpenLoop.MeasureAsync(CallsPerSecond, Measuring, call);
                best[key] = best.TryGetValue(key, out CallTimes? before) ? CallTimes.Better(before, times) : times;
            }
        }

        foreach ((string key, string meaning, _) in cases)
        {
            run.Report($"{key}_p50_ms", best[key].Median, $"ms  {meaning}, p50", digits: 2);
            run.Report($"{key}_p99_ms", best[key].P99, $"ms  {meaning}, p99", digits: 2);
            if (best[key].Failed > 0)
            {
                run.Report($"{key}_failed", best[key].Failed, "calls that this machine did not answer in time");
            }
        }

        foreach ((string key, string meaning, Func<int, Task> call) in cases)
        {
            double rate = await OpenLoop.RateAsync(Callers, Measuring, call);
            run.Report($"{key}_rps", rate, $"calls/s, {meaning}, {Callers} callers");
        }
    }

    private static async Task FreshnessAsync(BenchmarkRun run, WholeHost host)
    {
        await using FreshnessProbe probe = await host.ProbeAsync();
        Freshness? freshness = null;
        await host.BesideAsync(
            EventsPerSecond,
            fromLine: 1,
            async () =>
            {
                await probe.MeasureAsync(Warming);
                freshness = await probe.MeasureAsync(Measuring);
            }
        );
        string meaning = string.Create(
            CultureInfo.InvariantCulture,
            $"ms  from POST /api/v1/events to the feature, beside {EventsPerSecond:N0} events/s"
        );
        run.Report("freshness_p50_ms", freshness!.Median.TotalMilliseconds, $"{meaning}, p50");
        run.Report("freshness_p99_ms", freshness.P99.TotalMilliseconds, $"{meaning}, p99");
    }
}
