using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fecom.Contracts;
using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Training.TunePurchaseModel;
using Npgsql;

namespace Fecom.Benchmarks.Training;

/// <summary>
/// A training from the file of its rows, and one from the events of bronze, to the registered model beside LightGBM's own C interface on the
/// same matrix; a study of parameters; and what one prediction of the purchase model costs.
/// </summary>
internal static partial class TrainingBenchmark
{
    public const string Trees = "trees";
    public const string Bronze = "bronze";
    public const string Study = "study";
    public const string HostStudy = "host_study";
    public const string Predictions = "predictions";

    private static readonly BoostingOptions Options = new()
    {
        Trees = 100,
        Leaves = 63,
        MaxDepth = 0,
        LearningRate = 0.1,
        MinRowsPerLeaf = 20,
        L2 = 0,
        RowShare = 1,
        FeatureShare = 1,
    };

    public static string[] Stages { get; } = [Trees, Bronze, Study, HostStudy, Predictions];

    public static async Task<int> RunAsync(BenchmarkRun run, int rows, int studyRows, int studyTrials)
    {
        await using TrainingStore store = await TrainingStore.StartAsync();
        if (run.Wants(Trees))
        {
            await TrainAsync(run, store, rows);
        }

        if (run.Wants(Bronze))
        {
            await FromBronzeAsync(run, store, rows);
        }

        if (run.Wants(Study))
        {
            await StudyAsync(run, store, studyRows, studyTrials);
        }

        if (run.Wants(HostStudy))
        {
            await StudyInHost.RunAsync(run, studyRows, studyTrials);
        }

        if (run.Wants(Predictions))
        {
            Predict(run);
        }

        run.Finish();
        return 0;
    }

    private static async Task TrainAsync(BenchmarkRun run, TrainingStore store, int rows)
    {
        TrainingFile file = TrainingFile.Make(Path.Combine(store.Folder, "rows.bin"), rows);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows:N0} rows of {TrainingFile.Columns} numbers, {Options.Trees} trees of {Options.Leaves} leaves, {Environment.ProcessorCount} threads"
            )
        );
        (float[] values, bool[] labels) = file.Read();
        float[] numbers = Array.ConvertAll(labels, label => label ? 1f : 0f);
        EndToEnd ours = new(store, file, Options);

        // Alternately, and the better of two runs each: what else the machine does should hit both alike.
        double native = double.MaxValue;
        EndToEndTimes best = EndToEndTimes.Unmeasured;
        for (int round = 0; round < 2; round++)
        {
            native = Math.Min(native, Seconds(() => RequireTrees(Native(values, numbers))));
            GC.Collect();
            EndToEndTimes times = await ours.RunAsync();
            best = times.Total < best.Total ? times : best;
        }

        run.Report("lightgbm_s", native, "s   LightGBM's C interface: the matrix in memory to a model", digits: 2);
        run.Report(
            "end_to_end_s",
            best.Total,
            "s   our training: the file of the same matrix to a registered version",
            2
        );
        run.Report("ratio", best.Total / native, "    at most 1.3", digits: 3);
        run.Report("read_s", best.Read, "s   of it: the file", digits: 2);
        run.Report("train_s", best.Train, "s   of it: matrix to trees", digits: 2);
        run.Report("evaluate_s", best.Evaluate, "s   of it: quality on a fifth as many rows", digits: 2);
        run.Report("register_s", best.Register, "s   of it: read back, stored, in the registry", digits: 2);
    }

    /// <summary>The same from the events on, once: what comes before the matrix, and what of it takes how long.</summary>
    private static async Task FromBronzeAsync(BenchmarkRun run, TrainingStore store, int rows)
    {
        FromBronze training = new(store, Options);
        await FromBronze.FillAsync(store.Get<NpgsqlDataSource>(), rows);
        await training.RunAsync();
        float[] numbers = Array.ConvertAll(training.Labels, label => label ? 1f : 0f);
        double native = Seconds(() => RequireTrees(Native(training.Values, numbers)));
        double total = training.Parts.Sum(part => part.Seconds);
        run.Report("bronze_events", training.Events, "    events in bronze");
        run.Report("bronze_rows", training.Labels.Length, "    training rows of them");
        run.Report(
            "bronze_lightgbm_s",
            native,
            "s   LightGBM's C interface: the matrix in memory to a model",
            digits: 2
        );
        run.Report("bronze_end_to_end_s", total, "s   our training: the events to a registered version", digits: 2);
        run.Report("bronze_ratio", total / native, "", digits: 2);
        foreach ((string name, double seconds, string meaning) in training.Parts)
        {
            run.Report($"bronze_{name}_s", seconds, $"s   of it: {meaning}", digits: 2);
        }
    }

    private static int Native(float[] values, float[] labels)
    {
        string parameters = string.Create(
            CultureInfo.InvariantCulture,
            $"objective=binary num_leaves={Options.Leaves} learning_rate={Options.LearningRate} min_data_in_leaf={Options.MinRowsPerLeaf} max_bin=255 sigmoid=0.5 num_threads={Environment.ProcessorCount} seed=17 verbosity=-1"
        );
        return TreeHeader().Count(LightGbmAlone.Train(values, labels, TrainingFile.Columns, Options.Trees, parameters));
    }

    internal static void RequireTrees(int trees)
    {
        if (trees != Options.Trees)
        {
            throw new InvalidOperationException($"{trees} trees were grown, not {Options.Trees}.");
        }
    }

    private static double Seconds(Action work)
    {
        GC.Collect();
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>A study from a data set to its end, as one host measures it.</summary>
    private static async Task StudyAsync(BenchmarkRun run, TrainingStore store, int rows, int count)
    {
        // A fifth of the rows is kept back, and no part of a study.
        PurchaseDataSet data = Carts((int)(rows / (1 - PurchaseDataSet.ValidationShare)));
        (StudyTable studies, TrialTable trials, StudyData stored) = (
            store.Get<StudyTable>(),
            store.Get<TrialTable>(),
            store.Get<StudyData>()
        );
        long start = Stopwatch.GetTimestamp();
        long id = (
            await studies.RequestAsync(StudyLimits.Default with { Trials = count }, CancellationToken.None)
        )!.Value;
        await studies.BeginAsync(id, CancellationToken.None);
        await studies.AnnounceDataAsync(id, StudyData.PathOf(id), CancellationToken.None);
        StudyRows described = await stored.StoreAsync(
            id,
            PurchaseTrials.Of(data, CancellationToken.None),
            "benchmark",
            CancellationToken.None
        );
        await studies.ReadyAsync(id, described, CancellationToken.None);
        Study study = (await trials.FindOpenAsync(CancellationToken.None))!;
        PurchaseTrials read = await stored.ReadAsync(study, CancellationToken.None);
        double made = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int[] measured = new int[study.Rungs];
        double[] taken = new double[study.Rungs];
        while (await trials.TakeAsync(id, CancellationToken.None) is { } claim)
        {
            long began = Stopwatch.GetTimestamp();
            TrialOutcome outcome = read.Run(
                PurchaseSearch.Apply(PurchaseTrainer.Options, claim.Parameters),
                claim.Rung,
                study.Rungs,
                CancellationToken.None
            );
            await trials.CompleteAsync(claim, outcome, CancellationToken.None);
            measured[claim.Rung]++;
            taken[claim.Rung] += Stopwatch.GetElapsedTime(began).TotalSeconds;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        StudyAnswer answer = (await store.Get<StudyHistory>().FindAsync(id, CancellationToken.None))!;
        if (answer is not { State: "completed", TrialsEnded: var ended } || ended != count)
        {
            throw new InvalidOperationException($"The study is {answer.State} with {answer.TrialsEnded} trials.");
        }

        run.Report("study_rows", data.Train.Count, "    training rows");
        run.Report("study_trials", answer.TrialsEnded, "    parameters tried");
        run.Report("study_measured", measured.Sum(), "    trials measured, on all rungs together");
        run.Report("study_s", seconds, "s   at most 240", digits: 1);
        run.Report("study_rows_s", made, "s   of it: its rows encoded, stored and read", digits: 1);
        for (int rung = 0; rung < study.Rungs; rung++)
        {
            run.Report(
                string.Create(CultureInfo.InvariantCulture, $"study_rung_{rung + 1}_s"),
                taken[rung],
                string.Create(CultureInfo.InvariantCulture, $"s   of it: {measured[rung]} trials on rung {rung + 1}"),
                digits: 1
            );
        }
    }

    /// <summary>The whole purchase model, features to probability, on as many threads as there are cores at once.</summary>
    private static void Predict(BenchmarkRun run)
    {
        PurchaseDataSet data = Carts(40_000);
        BoostingOptions options = new() { EarlyStoppingRounds = 1_000 };
        PurchaseModel model = PurchaseTrainer.Train(data, options, null, CancellationToken.None).Model;
        PurchaseFeatures[] features = [.. data.Validation.Take(1_000).Select(row => row.Features)];
        run.Report("trees", model.Trees, $"    of the {model.Algorithm.Name()} purchase model that answers", digits: 0);
        run.Report(
            "one_row_us",
            Microseconds(20_000, i => model.Predict(features[i % features.Length])),
            "µs  one row, at most 10",
            digits: 2
        );
        float[][] probabilities = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new float[100])];
        run.Report(
            "hundred_rows_us",
            Microseconds(500, (i, thread) => model.Predict(features.AsSpan(i % 9 * 100, 100), probabilities[thread])),
            "µs  a hundred rows, at most 300",
            digits: 1
        );
    }

    private static double Microseconds(int calls, Action<int> call) => Microseconds(calls, (i, _) => call(i));

    /// <summary>What a call costs its thread on average while all threads call; the median of rounds.</summary>
    private static double Microseconds(int calls, Action<int, int> call)
    {
        const int Rounds = 15;
        double[] rounds = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            double[] ofThread = new double[Environment.ProcessorCount];
            Thread[] threads =
            [
                .. ofThread.Select((_, thread) => new Thread(() => ofThread[thread] = Measure(thread))),
            ];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            rounds[round] = ofThread.Average();
        }

        return rounds.Order().ElementAt(Rounds / 2);

        double Measure(int thread)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
            {
                call(i, thread);
            }

            return Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls;
        }
    }

    /// <summary>First carts of a shop with 200 brands in 40 categories, of which each has a price of its own that people take to.</summary>
    internal static PurchaseDataSet Carts(int sessions)
    {
        Random random = new(17);
        double[] liking = [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble() - 0.5)];
        List<BehaviorEvent> events = [];
        for (int i = 0; i < sessions; i++)
        {
            int brand = random.Next(liking.Length);
            DateTime time = DateTime.UnixEpoch.AddMinutes(i);
            BehaviorEvent cart = new()
            {
                EventId = EventId.At(1, 2 * i),
                EventTime = time,
                EventType = BehaviorEventType.Cart,
                ProductId = $"p{brand}",
                CategoryCode = $"level{brand % 8}{(random.Next(5) == 0 ? "" : $".level{brand % 40}")}",
                Brand = random.Next(7) == 0 ? null : $"brand{brand}",
                Price = random.Next(100, 100_000) / 100m,
                UserId = $"u{random.Next(sessions / 3)}",
                UserSession = $"s{i}",
                Source = "file:benchmark",
                Position = 2 * i,
                ReceivedAt = time,
                ValidatedAt = time,
            };
            double margin = (4 * liking[brand] * Math.Log((double)cart.Price / 100)) + (Math.Sin(time.Hour) / 2) - 1;
            events.Add(cart);
            if (random.NextDouble() < 1 / (1 + Math.Exp(-margin)))
            {
                events.Add(
                    cart with
                    {
                        EventId = EventId.At(1, (2 * i) + 1),
                        EventTime = time.AddSeconds(30),
                        EventType = BehaviorEventType.Purchase,
                    }
                );
            }
        }

        PurchaseRowFinder finder = new();
        events.ForEach(finder.Take);
        PurchaseRows rows = finder.Find(TimeZoneInfo.Utc);
        events.ForEach(rows.Take);
        return rows.Split();
    }

    [GeneratedRegex("^Tree=", RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TreeHeader();
}
