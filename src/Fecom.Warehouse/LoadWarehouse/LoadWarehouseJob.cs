using System.Globalization;
using Fecom.Platform.Jobs;
using Fecom.Warehouse.PublishGold;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.LoadWarehouse;

/// <summary>The chain from bronze to gold as one run; it starts another one for its last link, the cloud warehouse, which may be away for long.</summary>
internal sealed class LoadWarehouseJob(WarehouseChain chain, JobStarter jobs, IOptions<CloudOptions> cloud) : IJob
{
    public const string Name = "load_warehouse";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        ChainProgress progress = await chain.RunAsync(
            progress => run.Report(progress.ToString(), progress.Share),
            cancellationToken
        );
        if (!progress.HasWork)
        {
            throw new RunNotNeededException("Gold has all that bronze has.");
        }

        string next = "";
        if (cloud.Value.Provider != "none" && progress.HasPromoted)
        {
            long publishing = await jobs.StartAsync(CloudPublisher.Job, onlyIfNeeded: true, cancellationToken);
            next = string.Create(
                CultureInfo.InvariantCulture,
                $"; gold → cloud: {CloudPublisher.Job}, run {publishing}"
            );
        }

        await run.ReportAsync($"{progress}{next}", progress.Share, cancellationToken);
        if (progress.Failures.Count > 0)
        {
            throw new InvalidOperationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{progress.Failures.Count} slices of events or pieces of tables fail a quality rule and were not promoted: {string.Join("; ", progress.Failures.Take(3))}. See /api/v1/warehouse/slices and silver.table_state; they are tried again with every run."
                )
            );
        }
    }
}
