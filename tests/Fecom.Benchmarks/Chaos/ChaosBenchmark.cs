using System.Globalization;
using System.Text.Json;
using Fecom.Testing.Chaos;

namespace Fecom.Benchmarks.Chaos;

/// <summary>The chaos harness, seed after seed: <c>bench chaos --seeds N [--events N] [--seed FIRST] [--kafka embedded|real] [--json]</c>.</summary>
internal static class ChaosBenchmark
{
    /// <returns>1 when the stores of a seed differ from what they must be.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int first = BenchmarkRun.Number(args, "--seed", 1);
        int seeds = BenchmarkRun.Number(args, "--seeds", 20);
        int events = BenchmarkRun.Number(args, "--events", 200_000);
        bool realKafka = BenchmarkRun.WantsRealKafka(args);
        Console.WriteLine(
            $"chaos: seeds {first} to {first + seeds - 1}, {events:N0} rows and a tenth as many posted events each, {(realKafka ? "three real Kafka brokers" : "embedded Kafka")}"
        );
        await using ChaosServers servers = await ChaosServers.StartAsync(realKafka);
        // Of many seeds a line each; a single one is looked at closely.
        Action<string> say = seeds == 1 ? Console.WriteLine : _ => { };
        List<ChaosOutcome> outcomes = [];
        for (int seed = first; seed < first + seeds; seed++)
        {
            ChaosOutcome outcome = await new ChaosRun(servers, say).RunAsync(seed, events);
            outcomes.Add(outcome);
            Say(outcome);
        }

        return Close(outcomes, events, args.Contains("--json"));
    }

    private static void Say(ChaosOutcome outcome)
    {
        string faults = string.Join(", ", outcome.Plan.Faults.Select(fault => Fault.Name(fault.Kind)));
        string result = outcome.Difference.Length == 0 ? "ok" : "different";
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"seed {outcome.Plan.Seed, -6} {outcome.Took.TotalSeconds, 6:0.0} s  {result}  {faults}"
            )
        );
        if (outcome.Difference.Length > 0)
        {
            Console.WriteLine(outcome.Difference);
        }
    }

    private static int Close(List<ChaosOutcome> outcomes, int events, bool json)
    {
        ChaosOutcome[] failed = [.. outcomes.Where(outcome => outcome.Difference.Length > 0)];
        double[] seconds = [.. outcomes.Select(outcome => outcome.Took.TotalSeconds).Order()];
        Dictionary<string, object> figures = new()
        {
            ["seeds"] = outcomes.Count,
            ["events"] = events,
            ["failed"] = failed.Length,
            ["seconds_p50"] = Figure(seconds[seconds.Length / 2]),
            ["seconds_max"] = Figure(seconds[^1]),
        };
        Console.WriteLine("until newer events were in bronze and in the online features again:");
        foreach (
            IGrouping<FaultKind, Recovery> kind in outcomes
                .SelectMany(outcome => outcome.Recoveries)
                .GroupBy(r => r.Kind)
                .OrderBy(g => g.Key)
        )
        {
            double[] recoveries = [.. kind.Select(recovery => recovery.Time.TotalSeconds).Order()];
            (double median, double max) = (Figure(recoveries[recoveries.Length / 2]), Figure(recoveries[^1]));
            string key = JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.Key.ToString());
            figures[$"{key}_recovery_p50_s"] = median;
            figures[$"{key}_recovery_max_s"] = max;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {Fault.Name(kind.Key), -32} p50 {median, 5:0.0} s  max {max, 5:0.0} s  of {recoveries.Length}"
                )
            );
        }

        string which =
            failed.Length == 0 ? "" : $": seeds {string.Join(", ", failed.Select(outcome => outcome.Plan.Seed))}";
        Console.WriteLine($"{outcomes.Count - failed.Length} seeds equal the oracle, {failed.Length} differ{which}");
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(figures));
        }

        return failed.Length == 0 ? 0 : 1;
    }

    private static double Figure(double seconds) => Math.Round(seconds, 1);
}
