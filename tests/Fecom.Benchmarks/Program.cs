using Fecom.Benchmarks;
using Fecom.Benchmarks.Chaos;
using Fecom.Benchmarks.DetectChanges;
using Fecom.Benchmarks.Pipeline;
using Fecom.Benchmarks.Training;

switch (args.FirstOrDefault())
{
    case "pipeline" when BenchmarkRun.IsUnderstood(args, ["--events", "--backlog"], PipelineBenchmark.Stages):
        return await PipelineBenchmark.RunAsync(BenchmarkRun.Parse(args), BenchmarkRun.Number(args, "--backlog", 2_000_000));
    case "chaos" when BenchmarkRun.IsUnderstood(args, ["--events", "--seeds", "--seed"], []):
        return await ChaosBenchmark.RunAsync(args);
    case "cdc" when BenchmarkRun.IsUnderstood(args, ["--rows"], []):
        return await CdcBenchmark.RunAsync(BenchmarkRun.Parse(args), BenchmarkRun.Number(args, "--rows", 10_000_000));
    case "training" when BenchmarkRun.IsUnderstood(args, ["--rows"], []):
        return TrainingBenchmark.Run(BenchmarkRun.Parse(args), BenchmarkRun.Number(args, "--rows", 1_000_000));
    default:
        Console.Error.WriteLine($"usage: bench pipeline [--events N] [--backlog N] [--stage {string.Join('|', PipelineBenchmark.Stages)}] [--json]");
        Console.Error.WriteLine("       bench chaos [--seeds N] [--events N] [--seed FIRST] [--json]");
        Console.Error.WriteLine("       bench cdc [--rows N] [--json]");
        Console.Error.WriteLine("       bench training [--rows N] [--json]");
        return 2;
}
