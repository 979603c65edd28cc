using Fecom.Benchmarks;
using Fecom.Benchmarks.Pipeline;

BenchmarkRun run = BenchmarkRun.Parse(args);
switch (run.Name)
{
    case "pipeline":
        return await PipelineBenchmark.RunAsync(run);
    default:
        Console.Error.WriteLine("usage: bench pipeline [--events N] [--json]");
        return 2;
}
