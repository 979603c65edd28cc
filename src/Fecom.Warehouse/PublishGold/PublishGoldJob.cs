using System.Globalization;
using Fecom.Platform.Jobs;

namespace Fecom.Warehouse.PublishGold;

/// <summary>Publishes what changed in gold to the cloud warehouse: the last link of the chain that <c>load_warehouse</c> begins.</summary>
internal sealed class PublishGoldJob(CloudPublisher publisher) : IJob
{
    public const string Name = CloudPublisher.Job;

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        (int batches, CloudCounts counts) = await publisher.RunAsync(
            (progress, share) => run.Report(progress, share),
            cancellationToken
        );
        if (batches == 0)
        {
            throw new RunNotNeededException("There is nothing in gold that the cloud warehouse has not.");
        }

        await run.ReportAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{counts.Rows:N0} rows written and {counts.Deletions:N0} deleted at the cloud warehouse, in {batches:N0} batches"
            ),
            share: 1,
            cancellationToken
        );
    }
}
