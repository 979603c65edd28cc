using System.Globalization;
using System.Text;
using Fecom.Benchmarks.Load;
using Fecom.Benchmarks.Pipeline;
using Fecom.Testing;
using StackExchange.Redis;

namespace Fecom.Benchmarks.Serving;

/// <summary>
/// Recommendations by the ranker and its sources with rules, and predictions with the whole feature store, of a host in a process of its own: alone,
/// while events flow in, while a file loads, and how soon an event changes the answer; beside a bare endpoint of the same host.
/// </summary>
internal static class ServingBenchmark
{
    /// <summary>The stages, each of which can run alone.</summary>
    public static readonly string[] Stages = ["idle", "fed", "loaded", "freshness"];

    private const int Connections = 8;
    private const int RecommendationsPerSecond = 2_500;
    private const int PredictionsPerSecond = 6_000;
    private const int BatchesPerSecond = 20;
    private const int FreshnessEventsPerSecond = 10_000;
    private const int CountedCalls = 2_000;
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(4);

    /// <summary>Seconds for which there are events, more than a stage takes on a slow machine too.</summary>
    private const int StageSeconds = 120;
    private const int FreshnessSeconds = 20;

    /// <summary>Events of the file that is loaded beside the answers.</summary>
    private const int LoadedEvents = 800_000;

    public static async Task<int> RunAsync(BenchmarkRun run, int events, int feed)
    {
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        // Without the jobs that come every few minutes, which would fall into some runs.
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
        await ServingHost.PrepareAsync(host);
        await host.SettleAsync((feed * StageSeconds) + (FreshnessEventsPerSecond * FreshnessSeconds));
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(
            $"{redis.ConnectionString},allowAdmin=true"
        );
        IServer server = connection.GetServers()[0];
        ServingCalls calls = await ServingCalls.OfAsync(server, connection.GetDatabase());
        await ServingHost.RankerAnswersAsync(host.Http.BaseAddress!, calls.Recommendations[0]);
        Console.WriteLine(
            $"{events:N0} events loaded; client, host, PostgreSQL and Redis share {Environment.ProcessorCount} cores; {Connections} connections, one call after the other, then calls at a rate"
        );
        Console.WriteLine(
            $"purchases are predicted by {TextOf(host.Http.BaseAddress!, calls.Predictions[0], "algorithm")}, which was the best on these events"
        );
        LoadClient client = new(host.Http.BaseAddress!);
        if (run.Wants("idle"))
        {
            await CountAsync(run, host, server, calls);
            Measure(run, host, client, calls, "idle_");
        }

        if (run.Wants("fed"))
        {
            Console.WriteLine($"{"", -22} {"", 12}   while {feed:N0} events/s flow in:");
            await host.BesideAsync(feed, fromLine: 1, () => Task.Run(() => Measure(run, host, client, calls, "")));
        }

        if (run.Wants("loaded"))
        {
            await LoadedAsync(run, host, client, calls);
        }

        if (run.Wants("freshness"))
        {
            await FreshnessAsync(run, host, calls, fromLine: feed * StageSeconds);
        }

        run.Finish();
        return 0;
    }

    private static void Measure(BenchmarkRun run, WholeHost host, LoadClient client, ServingCalls calls, string prefix)
    {
        (string Key, string Meaning, byte[][] Calls, int PerSecond)[] cases =
        [
            ("recommendation", "recommendations", calls.Recommendations, RecommendationsPerSecond),
            ("prediction", "predictions", calls.Predictions, PredictionsPerSecond),
            ("batch", "batches of 100 predictions", calls.Batches, BatchesPerSecond),
        ];
        client.Closed(Connections, Warming, calls.Bare);
        LoadFigures bare = client.Closed(Connections, Measuring, calls.Bare);
        run.Report($"{prefix}bare_rps", bare.PerSecond, "calls/s of a bare endpoint");
        foreach ((string key, string meaning, byte[][] requests, int perSecond) in cases)
        {
            client.Closed(Connections, Warming, requests);
            CpuMeter meter = host.Meter();
            LoadFigures closed = client.Closed(Connections, Measuring, requests);
            CpuShares shares = meter.Stop();
            LoadFigures open = client.Open(perSecond, Measuring, requests);
            run.Report(
                $"{prefix}{key}_rps",
                closed.PerSecond,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{meaning}/s, {closed.PerSecond / bare.PerSecond:P0} of the bare endpoint; p50 {closed.Median:0.00} ms, p99 {closed.P99:0.00} ms"
                )
            );
            run.Report(
                $"{prefix}{key}_cpu_us",
                shares.All * 1e6 / closed.PerSecond,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"us of the processor each, all that goes on meanwhile included; of PostgreSQL {shares.Postgres:P0} of a core, of Redis {shares.Redis:P0}"
                )
            );
            run.Keep($"{prefix}{key}_closed_p99_ms", closed.P99, 2);
            run.Keep($"{prefix}{key}_p50_ms", open.Median, 2);
            run.Report(
                $"{prefix}{key}_p99_ms",
                open.P99,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ms  p99 at {perSecond:N0}/s ({open.PerSecond:N0} answered); p50 {open.Median:0.00} ms"
                ),
                digits: 2
            );
            int answers = closed.Answers + open.Answers;
            Wrong(run, $"{prefix}{key}_refused", closed.Refused + open.Refused, answers, "were not 200");
            Wrong(
                run,
                $"{prefix}{key}_fallbacks",
                closed.Lesser + open.Lesser,
                answers,
                "had something else in the model's place"
            );
        }
    }

    /// <summary>What a file that is loaded as fast as it goes does to the answers, at the same rate of calls.</summary>
    private static async Task LoadedAsync(BenchmarkRun run, WholeHost host, LoadClient client, ServingCalls calls)
    {
        client.Open(RecommendationsPerSecond, Warming, calls.Recommendations);
        LoadFigures before = client.Open(RecommendationsPerSecond, Measuring, calls.Recommendations);
        LoadFigures? beside = null;
        double loaded = await host.LoadBesideAsync(
            LoadedEvents,
            () =>
            {
                client.Open(RecommendationsPerSecond, Warming, calls.Recommendations);
                beside = client.Open(RecommendationsPerSecond, Measuring, calls.Recommendations);
            }
        );
        run.Report(
            "before_load_recommendation_p99_ms",
            before.P99,
            "ms  recommendations, p99, no file loads",
            digits: 2
        );
        run.Report(
            "loaded_recommendation_p99_ms",
            beside!.P99,
            string.Create(
                CultureInfo.InvariantCulture,
                $"ms  p99 while a file loads at {loaded:N0} events/s: {beside.P99 / before.P99:0.0} times as long; p50 {beside.Median:0.00} ms"
            ),
            digits: 2
        );
        run.Keep("loaded_eps", loaded);
        Wrong(run, "loaded_refused", beside.Refused, beside.Answers, "were not 200");
        Wrong(run, "loaded_fallbacks", beside.Lesser, beside.Answers, "had something else in the model's place");
    }

    /// <summary>Says how many answers were not what is measured, where there were any.</summary>
    private static void Wrong(BenchmarkRun run, string key, int count, int answers, string what)
    {
        run.Keep(key, count);
        if (count > 0)
        {
            run.Report(key, count, string.Create(CultureInfo.InvariantCulture, $"of {answers:N0} answers {what}"));
        }
    }

    /// <summary>How many commands an answer takes of Redis.</summary>
    private static async Task CountAsync(BenchmarkRun run, WholeHost host, IServer redis, ServingCalls calls)
    {
        using HttpConnection connection = new(host.Http.BaseAddress!);
        foreach (
            (string key, byte[][] requests) in new[]
            {
                ("recommendation", calls.Recommendations),
                ("prediction", calls.Predictions),
            }
        )
        {
            long before = await ReadsAsync(redis);
            for (int i = 0; i < CountedCalls; i++)
            {
                connection.Call(requests[i % requests.Length]);
            }

            run.Report(
                $"{key}_redis_reads",
                (await ReadsAsync(redis) - before) / (double)CountedCalls,
                $"reads of Redis that a {key} takes",
                digits: 2
            );
        }
    }

    private static async Task<long> ReadsAsync(IServer redis) =>
        (await redis.InfoAsync("commandstats"))
            .SelectMany(section => section)
            .Where(command => command.Key is "cmdstat_mget" or "cmdstat_get")
            .Sum(command => long.Parse(command.Value.Split('=', ',')[1], CultureInfo.InvariantCulture));

    private static async Task FreshnessAsync(BenchmarkRun run, WholeHost host, ServingCalls calls, long fromLine)
    {
        // A product that the ranker has named, so that it knows it.
        AnswerProbe probe = new(host.Http, TextOf(host.Http.BaseAddress!, calls.Recommendations[0], "product_id"));
        double[] times = [];
        await host.BesideAsync(
            FreshnessEventsPerSecond,
            fromLine,
            async () =>
            {
                await probe.MeasureAsync(Warming);
                times = await probe.MeasureAsync(2 * Measuring);
            }
        );
        string meaning = string.Create(
            CultureInfo.InvariantCulture,
            $"ms  from POST /api/v1/events to the changed recommendation, beside {FreshnessEventsPerSecond:N0} events/s"
        );
        run.Report("changed_answer_p50_ms", times[times.Length / 2], $"{meaning}, p50");
        run.Report("changed_answer_p99_ms", times[(int)Math.Ceiling(times.Length * 0.99) - 1], $"{meaning}, p99");
    }

    /// <summary>A text in the answer to a call, by its name: the first of that name.</summary>
    private static string TextOf(Uri host, byte[] call, string name)
    {
        using HttpConnection connection = new(host);
        connection.Call(call);
        string answer = Encoding.UTF8.GetString(connection.Answer);
        string before = $"\"{name}\":\"";
        int from = answer.IndexOf(before, StringComparison.Ordinal);
        return from < 0
            ? throw new InvalidOperationException($"There is no {name} in the answer: {answer}")
            : answer[(from + before.Length)..answer.IndexOf('"', from + before.Length)];
    }
}
