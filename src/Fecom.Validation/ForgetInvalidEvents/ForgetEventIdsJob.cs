using Fecom.Platform.Jobs;

namespace Fecom.Validation.ForgetInvalidEvents;

/// <summary>Deletes old event ids.</summary>
internal sealed class ForgetEventIdsJob(Retention retention) : IJob
{
    public const string Name = "forget_event_ids";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        long forgotten = await retention.ForgetEventIdsAsync(cancellationToken);
        await run.ReportAsync($"forgot {forgotten} event ids", share: 1, cancellationToken);
    }
}
