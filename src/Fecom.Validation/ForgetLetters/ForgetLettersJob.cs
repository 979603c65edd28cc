using Fecom.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace Fecom.Validation.ForgetLetters;

/// <summary>Forgets old invalid events and their counts.</summary>
internal sealed partial class ForgetLettersJob(Retention retention, ILogger<ForgetLettersJob> logger) : IJob
{
    public const string Name = "forget_invalid_events";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        long forgotten = await retention.ForgetLettersAsync(cancellationToken);
        await run.ReportAsync($"forgot {forgotten} invalid events", share: 1, cancellationToken);
        if (forgotten > 0)
        {
            LogForgotten(forgotten);
        }
    }

    [LoggerMessage(LogLevel.Information, "Forgot {Letters} invalid events that were kept long enough")]
    private partial void LogForgotten(long letters);
}
