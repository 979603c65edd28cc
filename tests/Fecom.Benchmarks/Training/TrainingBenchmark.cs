using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fecom.Contracts;
using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;

namespace Fecom.Benchmarks.Training;

/// <summary>Boosted trees through our trainer beside LightGBM's own C interface on the same matrix, and what one prediction of the purchase model costs.</summary>
internal static partial class TrainingBenchmark
{
    private const int Columns = 20;
    private const int Trees = 100;
    private const int Leaves = 63;
    private const double LearningRate = 0.1;
    private const int MinRowsPerLeaf = 20;

    public static int Run(BenchmarkRun run, int rows)
    {
        (float[] values, bool[] labels) = Rows(rows);
        float[] numbers = Array.ConvertAll(labels, label => label ? 1f : 0f);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows:N0} rows of {Columns} numbers, {Trees} trees of {Leaves} leaves, {Environment.ProcessorCount} threads"
            )
        );

        // Alternately, and the better of two runs each: what else the machine does should hit both alike.
        double native = double.MaxValue;
        double ours = double.MaxValue;
        for (int round = 0; round < 2; round++)
        {
            native = Math.Min(native, Seconds(() => RequireTrees(Native(values, numbers))));
            ours = Math.Min(ours, Seconds(() => RequireTrees(Ours(values, labels))));
        }

        run.Report("lightgbm_s", native, "s   LightGBM's C interface: matrix to model", digits: 2);
        run.Report("end_to_end_s", ours, "s   our trainer: the same matrix to a model that answers", digits: 2);
        run.Report("ratio", ours / native, "    at most 1.3", digits: 3);
        Predictions(run);
        run.Finish();
        return 0;
    }

    private static int Native(float[] values, float[] labels)
    {
        string parameters = string.Create(
            CultureInfo.InvariantCulture,
            $"objective=binary num_leaves={Leaves} learning_rate={LearningRate} min_data_in_leaf={MinRowsPerLeaf} max_bin=255 sigmoid=0.5 num_threads={Environment.ProcessorCount} seed=17 verbosity=-1"
        );
        return TreeHeader().Count(LightGbmApi.Train(values, labels, Columns, Trees, parameters));
    }

    private static int Ours(float[] values, bool[] labels)
    {
        BoostingOptions options = new()
        {
            Trees = Trees,
            Leaves = Leaves,
            MaxDepth = 0,
            LearningRate = LearningRate,
            MinRowsPerLeaf = MinRowsPerLeaf,
            L2 = 0,
            RowShare = 1,
            FeatureShare = 1,
        };
        FeatureMatrix matrix = new(values, labels, Columns, CancellationToken.None);
        return BoostedTreesTrainer.Train(matrix, null, options, CancellationToken.None).Trees.Count;
    }

    private static void RequireTrees(int trees)
    {
        if (trees != Trees)
        {
            throw new InvalidOperationException($"{trees} trees were grown, not {Trees}.");
        }
    }

    private static double Seconds(Action work)
    {
        GC.Collect();
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The whole purchase model, features to probability, on as many threads as there are cores at once.</summary>
    private static void Predictions(BenchmarkRun run)
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

    /// <summary>Numbers of which eight matter, two by two.</summary>
    private static (float[] Values, bool[] Labels) Rows(int rows)
    {
        Random random = new(17);
        float[] values = new float[rows * Columns];
        bool[] labels = new bool[rows];
        for (int row = 0; row < rows; row++)
        {
            Span<float> of = values.AsSpan(row * Columns, Columns);
            foreach (ref float value in of)
            {
                value = (float)((random.NextDouble() * 2) - 1);
            }

            double margin =
                (4 * of[0] * of[1])
                + (3 * of[2] * of[3])
                + Math.Sin(5 * of[4])
                + of[5]
                - of[6]
                + (2 * of[7] * of[7])
                - 1;
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-margin));
        }

        return (values, labels);
    }

    /// <summary>First carts of a shop with 200 brands in 40 categories, of which each has a price of its own that people take to.</summary>
    private static PurchaseDataSet Carts(int sessions)
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
