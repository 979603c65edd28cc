using System.Globalization;
using Fecom.Platform.Jobs;

namespace Fecom.Warehouse.LoadWarehouse;

/// <summary>The chain from bronze to gold as one run.</summary>
internal sealed class LoadWarehouseJob(WarehouseChain chain) : IJob
{
    public const string Name = "load_warehouse";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        ChainProgress progress = await chain.RunAsync(
            progress => run.Report(progress.ToString(), progress.Share),
            cancellationToken
        );
        if (progress.Slices == 0)
        {
            throw new RunNotNeededException("Gold has all that bronze has.");
        }

        await run.ReportAsync(progress.ToString(), progress.Share, cancellationToken);
        if (progress.Failures.Count > 0)
        {
            throw new InvalidOperationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{progress.Failures.Count} of {progress.Slices} slices fail a quality rule and were not promoted: {string.Join("; ", progress.Failures.Take(3))}. See /api/v1/warehouse/slices; they are tried again with every run."
                )
            );
        }
    }
}
