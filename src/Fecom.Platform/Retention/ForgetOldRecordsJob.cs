using Fecom.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Retention;

/// <summary>Deletes old dead letters, applied offset moves, and positions of sources that cannot send again.</summary>
internal sealed partial class ForgetOldRecordsJob(OldRecords records, ILogger<ForgetOldRecordsJob> logger) : IJob
{
    public const string Name = "forget_old_records";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        (long resent, long lost) = await records.ForgetDeadLettersAsync(cancellationToken);
        long moves = await records.ForgetMovesAsync(cancellationToken);
        long sources = await records.ForgetSourcesAsync(cancellationToken);
        await run.ReportAsync(
            $"forgot {resent} resent and {lost} open dead letters, {moves} moves of offsets, {sources} sources that cannot come again",
            share: 1,
            cancellationToken
        );
        if (lost > 0)
        {
            LogLost(lost);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Letters} dead letters that nobody had resent for Retention:DeadLetterDays are gone for good"
    )]
    private partial void LogLost(long letters);
}
