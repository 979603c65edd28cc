using System.Globalization;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>
/// The event backbone, stage by stage, each with its baseline in the same run: the plain client loop (the limit), one message
/// at a time through MassTransit (the way of its Kafka rider), our batches without sinks, validation beside a plain parse, each
/// sink behind it, and the whole host. Each stage says what it costs and where the rest of the time goes. With
/// <c>--kafka real</c> each that uses Kafka comes twice: on the embedded cluster, and on one real broker.
/// </summary>
internal static class PipelineBenchmark
{
    private const double PeerValidation = 10_000;

    public static readonly string[] Stages =
    [
        "plain_loop",
        "one_at_a_time",
        "dispatch",
        "parse_only",
        "validation",
        "bronze",
        "features",
        "gold",
        "gold_history",
        "tables_history",
        "parse_file",
        "all_sinks",
        "post_events",
        "rates",
    ];

    /// <param name="run">What to run.</param>
    /// <param name="backlog">Events that are there before moderate rates are measured.</param>
    /// <param name="realKafka">Whether each stage runs on a real broker too.</param>
    public static async Task<int> RunAsync(BenchmarkRun run, int backlog, bool realKafka)
    {
        Console.WriteLine(
            $"pipeline: {run.Events:N0} events, {Environment.ProcessorCount} cores, everything on this machine"
        );
        await using RealKafka? broker = realKafka ? await RealKafka.StartAsync(own: true) : null;
        StageKafka[] kafkas = broker is null ? [new(real: null)] : [new(real: null), new(broker)];
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        if (
            run.Stage
            is not (
                "gold"
                or "gold_history"
                or "tables_history"
                or "all_sinks"
                or "post_events"
                or "parse_file"
                or "rates"
            )
        )
        {
            await PartsAsync(run, kafkas, postgres, redis);
        }

        if (run.Wants("gold"))
        {
            using GoldStage gold = await GoldStage.StartAsync(postgres);
            Report(
                run,
                kafkas[0],
                "gold",
                await gold.LoadAsync(run.Events),
                "bronze to silver to gold, a backfill past the quality rules"
            );
        }

        if (run.Stage == "gold_history")
        {
            await GoldHistoryAsync(run, backlog, postgres);
        }

        if (run.Stage == "tables_history")
        {
            await TablesHistoryAsync(run, backlog, postgres);
        }

        if (run.Wants("parse_file"))
        {
            await FileParse.MeasureAsync(run);
        }

        if (run.Wants("all_sinks") || run.Wants("post_events"))
        {
            foreach (StageKafka kafka in kafkas)
            {
                await WholeHostAsync(run, kafka, postgres, redis);
            }
        }

        if (run.Wants("rates"))
        {
            foreach (StageKafka kafka in kafkas)
            {
                await RatesAsync(run, backlog, kafka, postgres, redis);
            }
        }

        run.Finish();
        return 0;
    }

    private static async Task PartsAsync(
        BenchmarkRun run,
        StageKafka[] kafkas,
        PrivatePostgres postgres,
        PrivateRedis redis
    )
    {
        EventMaker maker = new(seed: 1, users: 20_000, invalid: 0);
        OutgoingMessage[][] chunks =
        [
            .. Enumerable.Range(0, run.Events).Select(_ => maker.Next().Message).Chunk(5_000),
        ];
        Parts parts = new(new ClientLoop(chunks), new HostedStages(chunks, postgres, redis));
        OutgoingMessage[][] few = chunks[..Math.Min(chunks.Length, 2 + (chunks.Length / 5))];
        // The first of two would compile the stage's methods for both.
        Parts? warm = kafkas.Length > 1 ? new(new ClientLoop(few), new HostedStages(few, postgres, redis)) : null;
        await StageAsync(
            "plain_loop",
            (of, kafka) => of.Loop.PlainAsync(kafka),
            "consumer to producer, no MassTransit: the limit"
        );
        await StageAsync(
            "one_at_a_time",
            (of, kafka) => of.Loop.OneAtATimeAsync(kafka),
            "one JSON message a MassTransit dispatch: the rider's way"
        );
        await StageAsync(
            "dispatch",
            (of, kafka) => of.Hosted.DispatchAsync(kafka),
            "our batches through a MassTransit consumer to a second topic"
        );
        if (run.Stage is null)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  = {run["dispatch_eps"] / run["one_at_a_time_eps"]:0.0} x one at a time, {run["dispatch_eps"] / run["plain_loop_eps"]:P0} of the limit"
                )
            );
        }

        await StageAsync(
            "parse_only",
            (of, kafka) => of.Hosted.ParseOnlyAsync(kafka),
            "our batches, each event read as JSON by System.Text.Json and forwarded"
        );
        await StageAsync("validation", (of, kafka) => of.Hosted.ValidationAsync(kafka), "raw to validated, every rule");
        if (run.Stage is null)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  = {run["validation_eps"] / run["parse_only_eps"]:P0} of parse only, {run["validation_eps"] / PeerValidation:0.0} x a peer's {PeerValidation:N0} (bmd1905's purchase prediction system: Flink, parallelism 4)"
                )
            );
        }

        await StageAsync("bronze", (of, kafka) => of.Hosted.BronzeAsync(kafka), "raw to validated to bronze");
        await StageAsync(
            "features",
            (of, kafka) => of.Hosted.FeaturesAsync(kafka),
            "raw to validated to features in PostgreSQL and online"
        );

        async Task StageAsync(string stage, Func<Parts, StageKafka, Task<StageCosts>> measure, string meaning)
        {
            if (!run.Wants(stage))
            {
                return;
            }

            if (warm is not null)
            {
                await measure(warm, kafkas[0]);
            }

            foreach (StageKafka kafka in kafkas)
            {
                Report(run, kafka, stage, await measure(parts, kafka), meaning);
            }
        }
    }

    /// <summary>What new events cost must not depend on how many there were before.</summary>
    private static async Task GoldHistoryAsync(BenchmarkRun run, int backlog, PrivatePostgres postgres)
    {
        const string Meaning = "s, 100,000 new events to gold after";
        using GoldStage gold = await GoldStage.StartAsync(postgres);
        await gold.LoadAsync(run.Events);
        run.Report("gold_new_short_s", await gold.LoadNewAsync(), $"{Meaning} {run.Events:N0} old ones", digits: 2);
        await gold.LoadAsync(Math.Max(1, backlog - run.Events));
        run.Report("gold_new_long_s", await gold.LoadNewAsync(), $"{Meaning} {backlog:N0} old ones", digits: 2);
        run.Report(
            "gold_new_ratio",
            run["gold_new_long_s"] / run["gold_new_short_s"],
            "the second by the first",
            digits: 2
        );
    }

    /// <summary>The same of the Fecom tables' changes.</summary>
    private static async Task TablesHistoryAsync(BenchmarkRun run, int backlog, PrivatePostgres postgres)
    {
        const string Meaning = "s, 100,000 changes of the Fecom tables to gold after";
        using TablesStage tables = await TablesStage.StartAsync(postgres);
        await tables.FillAsync(run.Events);
        run.Report("tables_new_short_s", await tables.ChangeAsync(), $"{Meaning} {run.Events:N0} old ones", digits: 2);
        await tables.FillAsync(backlog);
        run.Report("tables_new_long_s", await tables.ChangeAsync(), $"{Meaning} {backlog:N0} old ones", digits: 2);
        run.Report(
            "tables_new_ratio",
            run["tables_new_long_s"] / run["tables_new_short_s"],
            "the second by the first",
            digits: 2
        );
    }

    private static async Task WholeHostAsync(
        BenchmarkRun run,
        StageKafka kafka,
        PrivatePostgres postgres,
        PrivateRedis redis
    )
    {
        await using WholeHost host = await WholeHost.StartAsync(run.Events, kafka, postgres, redis);
        Report(run, kafka, "all_sinks", await host.LoadAsync(), "file to raw to validated to features and bronze");
        run.Report(kafka.Key("host_rss_mib"), host.PeakMemoryMib, "MiB, the host's peak resident memory");
        if (run.Wants("post_events"))
        {
            Report(
                run,
                kafka,
                "post_events",
                await host.PostAsync(callers: 4, eventsACall: 500),
                "POST /api/v1/events, 4 callers, 500 a call, until the last is accepted"
            );
        }
    }

    /// <summary>Nothing is trained meanwhile: that is no cost of the rate.</summary>
    private static async Task RatesAsync(
        BenchmarkRun run,
        int backlog,
        StageKafka kafka,
        PrivatePostgres postgres,
        PrivateRedis redis
    )
    {
        await using WholeHost host = await WholeHost.StartAsync(
            backlog,
            kafka,
            postgres,
            redis,
            ("Training__TrainAfterFirstLoad", "false")
        );
        await host.LoadAsync();
        await RateCosts.MeasureAsync(run, kafka, host, backlog);
    }

    private static void Report(BenchmarkRun run, StageKafka kafka, string stage, StageCosts costs, string meaning)
    {
        string key = kafka.Key(stage);
        run.Report(
            $"{key}_eps",
            costs.EventsPerSecond,
            kafka.IsReal ? "events/s, the same on one real broker" : $"events/s, {meaning}"
        );
        run.Keep($"{key}_cpu_us", costs.Cpu);
        run.Keep($"{key}_client_us", costs.Client);
        run.Keep($"{key}_servers_us", costs.Servers);
        run.Keep($"{key}_idle_percent", 100 * costs.Idle);
        string broker = " (embedded broker too)";
        if (kafka.IsReal)
        {
            run.Keep($"{key}_broker_us", costs.Brokers);
            broker = string.Create(CultureInfo.InvariantCulture, $"; the broker {costs.Brokers:0.0} us");
        }

        string managed = "";
        if (!double.IsNaN(costs.Allocated))
        {
            run.Keep($"{key}_alloc_bytes", costs.Allocated);
            managed = $"; {costs.Allocated:0} bytes allocated, collector holds {costs.Paused:P0} of the time";
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{"", -22} {costs.Cpu, 12:0.0}   us of CPU an event, {costs.Client:0.0} of them in librdkafka{broker}; PostgreSQL and Redis {costs.Servers:0.0} us{managed}; cores idle {costs.Idle:P0}"
            )
        );
    }

    /// <summary>The stages that run in this process, over the same events.</summary>
    private sealed record Parts(ClientLoop Loop, HostedStages Hosted);
}
