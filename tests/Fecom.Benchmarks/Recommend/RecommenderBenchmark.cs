using System.Diagnostics;
using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.NextItem;

namespace Fecom.Benchmarks.Recommend;

/// <summary>What an index of so many sessions takes of memory, how long answers from it take, and how long it takes to let newer sessions in.</summary>
internal static class RecommenderBenchmark
{
    private const int MaxProducts = 200_000;
    private const int TrainedSessions = 60_000;
    private const int NewSessions = 1_000;
    private const int Questions = 4_000;
    private const double Mebibyte = 1_048_576;

    public static int Run(BenchmarkRun run, int sessions)
    {
        int products = Math.Clamp(sessions / 50, 1_000, MaxProducts);
        RankerOptions options = new() { TuningQuestions = 0, MaxQuestions = 10_000 };
        SessionRankerTrainer trainer = new(options, progress: null, CancellationToken.None);
        SessionLog some = GeneratedWalks.Make(Math.Min(sessions, TrainedSessions), products, seed: 1);
        TrainedRanker trained = trainer.Train(some, products, session => PastOf(some, session));
        double before = GC.GetTotalMemory(forceFullCollection: true);
        SessionLog log = GeneratedWalks.Make(sessions, products, seed: 2);
        long visits = log.Visits;
        long start = Stopwatch.GetTimestamp();
        SessionRanker ranker = trainer.Serve(log, products, trained.Neighbours, trained.Trees);
        double built = Stopwatch.GetElapsedTime(start).TotalSeconds;
        SessionLog asked = GeneratedWalks.Make(Questions, products, seed: 3);
        Ask(ranker, asked);
        double[] times = Ask(ranker, asked);
        double memory = GC.GetTotalMemory(forceFullCollection: true) - before;

        run.Report("sessions", sessions, $"sessions of {visits:N0} visits of {products:N0} products");
        run.Report(
            "index_mib",
            memory / Mebibyte,
            string.Create(
                CultureInfo.InvariantCulture,
                $"MiB that the index takes with {ranker.Pairs.Count:N0} transitions and what one thread needs to answer"
            )
        );
        run.Report(
            "p50_ms",
            times[times.Length / 2],
            "ms  a recommendation with the ranker, one thread, p50",
            digits: 3
        );
        run.Report("p99_ms", times[(int)(times.Length * 0.99)], "ms  p99", digits: 3);
        start = Stopwatch.GetTimestamp();
        SessionRanker grown = ranker.Over(
            ranker.Index.With(GeneratedWalks.Make(NewSessions, products, seed: 4), products)
        );
        run.Report(
            "growth_ms",
            Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            $"ms  until {NewSessions:N0} newer sessions are in the next answer",
            digits: 1
        );
        double[] after = Ask(grown, asked);
        run.Report("grown_p99_ms", after[(int)(after.Length * 0.99)], "ms  p99 with them", digits: 3);
        using Process own = Process.GetCurrentProcess();
        run.Report(
            "peak_mib",
            own.PeakWorkingSet64 / Mebibyte,
            "MiB of the whole process at most, the generated sessions and the building included"
        );
        run.Report("built_s", built, "s   to build the index anew, beside the answers");
        run.Finish();
        return 0;
    }

    /// <summary>Every visitor has been here before: the session before it was theirs.</summary>
    private static PastVisit[] PastOf(SessionLog log, int session)
    {
        int[] products = session == 0 ? [] : log[session - 1].ToArray();
        return [.. products.Distinct().Select(product => new PastVisit(product, BehaviorEventType.View, 1))];
    }

    /// <returns>Milliseconds of each answer, ascending.</returns>
    private static double[] Ask(SessionRanker ranker, SessionLog asked)
    {
        int[] found = new int[20];
        float[] scores = new float[20];
        double[] times = new double[asked.Count];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            ranker.Rank(asked[i], PastOf(asked, i), found, scores);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times;
    }
}
