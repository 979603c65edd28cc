using Fecom.Benchmarks;
using Fecom.Benchmarks.Chaos;
using Fecom.Benchmarks.DetectChanges;
using Fecom.Benchmarks.Pipeline;

BenchmarkRun run = BenchmarkRun.Parse(args);
switch (run.Name)
{
    case "pipeline":
        return await PipelineBenchmark.RunAsync(run);
    case "chaos":
        return await ChaosBenchmark.RunAsync(args);
    case "cdc":
        return await CdcBenchmark.RunAsync(run, BenchmarkRun.Number(args, "--rows", 10_000_000));
    default:
        Console.Error.WriteLine("usage: bench pipeline [--events N] [--stage plain_loop|one_at_a_time|dispatch|validation|all_sinks] [--json]");
        Console.Error.WriteLine("       bench chaos [--seeds N] [--events N] [--seed FIRST] [--json]");
        Console.Error.WriteLine("       bench cdc [--rows N] [--json]");
        return 2;
}
