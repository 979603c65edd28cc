using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>
/// The event backbone, stage by stage, each with its baseline in the same run: the plain client loop (the limit), one message
/// at a time through MassTransit (the way of its Kafka rider), our batches without sinks, validation, and the whole host.
/// </summary>
internal static class PipelineBenchmark
{
    public static async Task<int> RunAsync(BenchmarkRun run)
    {
        Console.WriteLine($"pipeline: {run.Events:N0} events, {Environment.ProcessorCount} cores, everything on this machine");
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        if (run.Stage != "all_sinks")
        {
            await TransportAsync(run, postgres);
        }

        if (run.Wants("all_sinks"))
        {
            await WholeHostAsync(run, postgres);
        }

        run.Finish();
        return 0;
    }

    private static async Task TransportAsync(BenchmarkRun run, PrivatePostgres postgres)
    {
        Transport transport = new(run.Events);
        if (run.Wants("plain_loop"))
        {
            run.Report("plain_loop_eps", await transport.PlainLoopAsync(), "events/s, consumer to producer, no MassTransit: the limit");
        }

        if (run.Wants("one_at_a_time"))
        {
            run.Report("one_at_a_time_eps", await transport.OneAtATimeAsync(), "events/s, one message a MassTransit dispatch: the rider's way");
        }

        if (run.Wants("dispatch"))
        {
            run.Report("dispatch_eps", await transport.BatchesAsync(postgres), "events/s, our batches through a MassTransit consumer to a second topic");
        }

        if (run.Stage is null)
        {
            Console.WriteLine($"  = {run["dispatch_eps"] / run["one_at_a_time_eps"]:0.0} x one at a time, {run["dispatch_eps"] / run["plain_loop_eps"]:P0} of the limit");
        }

        if (run.Wants("validation"))
        {
            run.Report("validation_eps", await transport.ValidationAsync(postgres), "events/s, raw to validated, every rule");
        }
    }

    private static async Task WholeHostAsync(BenchmarkRun run, PrivatePostgres postgres)
    {
        await using WholeHost host = await WholeHost.StartAsync(run.Events, postgres);
        run.Report("all_sinks_eps", await host.LoadAsync(), "events/s, file to raw to validated to features, offline store and bronze");
        run.Report("host_rss_mib", host.PeakMemoryMib, "MiB, the host's peak resident memory");
        run.Report("host_cpu_us", host.CpuMicroseconds / run.Events, "microseconds of the host's CPU an event (embedded Kafka included)");
    }
}
