using Fecom.Benchmarks;
using Fecom.Benchmarks.Pipeline;

BenchmarkRun run = BenchmarkRun.Parse(args);
switch (run.Name)
{
    case "pipeline":
        return await PipelineBenchmark.RunAsync(run);
    default:
        Console.Error.WriteLine("usage: bench pipeline [--events N] [--stage plain_loop|one_at_a_time|dispatch|validation|all_sinks] [--json]");
        return 2;
}
