using Fecom.Platform.Jobs;
using Fecom.Validation.IndexInvalidEvents;
using Microsoft.Extensions.Logging;

namespace Fecom.Validation.ForgetInvalidEvents;

/// <summary>Deletes old invalid events and their counts, and removes the search indices that held them.</summary>
internal sealed partial class ForgetInvalidEventsJob(
    Retention retention,
    IEnumerable<OldIndices> indices,
    ILogger<ForgetInvalidEventsJob> logger
) : IJob
{
    public const string Name = "forget_invalid_events";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        long forgotten = await retention.ForgetInvalidEventsAsync(cancellationToken);
        await run.ReportAsync($"forgot {forgotten} invalid events", share: 1, cancellationToken);
        foreach (OldIndices old in indices)
        {
            await old.RemoveAsync(cancellationToken);
        }

        if (forgotten > 0)
        {
            LogForgotten(forgotten);
        }
    }

    [LoggerMessage(LogLevel.Information, "Forgot {InvalidEvents} invalid events that were kept long enough")]
    private partial void LogForgotten(long invalidEvents);
}
