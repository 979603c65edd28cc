using Fecom.Benchmarks;
using Fecom.Benchmarks.Browsing;
using Fecom.Benchmarks.Chaos;
using Fecom.Benchmarks.DetectChanges;
using Fecom.Benchmarks.Hosts;
using Fecom.Benchmarks.OnlineFeatures;
using Fecom.Benchmarks.Pipeline;
using Fecom.Benchmarks.Recommend;
using Fecom.Benchmarks.Serving;
using Fecom.Benchmarks.Training;
using Fecom.Testing;

(string, string[]) kafka = ("--kafka", ["embedded", "real"]);
if ((BenchmarkRun.WantsRealKafka(args) || args.FirstOrDefault() == "hosts") && RealKafka.MissingOwn is { } missing)
{
    Console.Error.WriteLine(missing);
    return 1;
}

switch (args.FirstOrDefault())
{
    case "pipeline"
        when BenchmarkRun.IsUnderstood(args, ["--events", "--backlog"], ("--stage", PipelineBenchmark.Stages), kafka):
        return await PipelineBenchmark.RunAsync(
            BenchmarkRun.Parse(args),
            BenchmarkRun.Number(args, "--backlog", 2_000_000),
            BenchmarkRun.WantsRealKafka(args)
        );
    case "chaos" when BenchmarkRun.IsUnderstood(args, ["--events", "--seeds", "--seed"], kafka):
        return await ChaosBenchmark.RunAsync(args);
    case "features"
        when BenchmarkRun.IsUnderstood(
            args,
            ["--events", "--rows", "--entities"],
            ("--stage", FeatureBenchmark.Stages)
        ):
        return await FeatureBenchmark.RunAsync(
            BenchmarkRun.Parse(args),
            BenchmarkRun.Number(args, "--events", 400_000),
            BenchmarkRun.Number(args, "--rows", 20_000),
            BenchmarkRun.Number(args, "--entities", 5_000_000)
        );
    case "serving" when BenchmarkRun.IsUnderstood(args, ["--events", "--feed"], ("--stage", ServingBenchmark.Stages)):
        return await ServingBenchmark.RunAsync(
            BenchmarkRun.Parse(args),
            BenchmarkRun.Number(args, "--events", 400_000),
            BenchmarkRun.Number(args, "--feed", 5_000)
        );
    case "console"
        when BenchmarkRun.IsUnderstood(args, ["--events", "--feed", "--pages"], ("--stage", ConsoleBenchmark.Stages)):
        return await ConsoleBenchmark.RunAsync(
            BenchmarkRun.Parse(args),
            BenchmarkRun.Number(args, "--events", 100_000),
            BenchmarkRun.Number(args, "--feed", 100),
            BenchmarkRun.Number(args, "--pages", 20)
        );
    case "recommender" when BenchmarkRun.IsUnderstood(args, ["--sessions"]):
        return RecommenderBenchmark.Run(BenchmarkRun.Parse(args), BenchmarkRun.Number(args, "--sessions", 10_000_000));
    case "hosts" when BenchmarkRun.IsUnderstood(args, ["--events", "--hosts"]):
        return await HostsBenchmark.RunAsync(BenchmarkRun.Parse(args), BenchmarkRun.Number(args, "--hosts", 3));
    case "cdc" when BenchmarkRun.IsUnderstood(args, ["--rows"]):
        return await CdcBenchmark.RunAsync(BenchmarkRun.Parse(args), BenchmarkRun.Number(args, "--rows", 10_000_000));
    case "training"
        when BenchmarkRun.IsUnderstood(
            args,
            ["--rows", "--study-rows", "--study-trials"],
            ("--stage", TrainingBenchmark.Stages)
        ):
        return await TrainingBenchmark.RunAsync(
            BenchmarkRun.Parse(args),
            BenchmarkRun.Number(args, "--rows", 1_000_000),
            BenchmarkRun.Number(args, "--study-rows", 200_000),
            BenchmarkRun.Number(args, "--study-trials", 40)
        );
    default:
        Console.Error.WriteLine(
            $"usage: bench pipeline [--events N] [--backlog N] [--stage {string.Join('|', PipelineBenchmark.Stages)}] [--kafka embedded|real] [--json]"
        );
        Console.Error.WriteLine(
            "       bench chaos [--seeds N] [--events N] [--seed FIRST] [--kafka embedded|real] [--json]"
        );
        Console.Error.WriteLine(
            $"       bench features [--events N] [--rows N] [--entities N] [--stage {string.Join('|', FeatureBenchmark.Stages)}] [--json]"
        );
        Console.Error.WriteLine(
            $"       bench serving [--events N] [--feed N] [--stage {string.Join('|', ServingBenchmark.Stages)}] [--json]"
        );
        Console.Error.WriteLine(
            $"       bench console [--events N] [--feed N] [--pages N] [--stage {string.Join('|', ConsoleBenchmark.Stages)}] [--json]"
        );
        Console.Error.WriteLine("       bench recommender [--sessions N] [--json]");
        Console.Error.WriteLine("       bench hosts [--events N] [--hosts N] [--json]");
        Console.Error.WriteLine("       bench cdc [--rows N] [--json]");
        Console.Error.WriteLine(
            $"       bench training [--rows N] [--study-rows N] [--study-trials N] [--stage {string.Join('|', TrainingBenchmark.Stages)}] [--json]"
        );
        return 2;
}
