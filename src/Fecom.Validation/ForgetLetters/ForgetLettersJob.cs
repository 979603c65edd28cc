using Microsoft.Extensions.Logging;
using Quartz;

namespace Fecom.Validation.ForgetLetters;

/// <summary>Forgets old invalid events once a day.</summary>
internal sealed partial class ForgetLettersJob(Retention retention, ILogger<ForgetLettersJob> logger) : IJob
{
    public const string Name = "forget_invalid_events";
    public const string Cron = "0 20 3 * * ?";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        long forgotten = await retention.ApplyAsync(cancellationToken);
        if (forgotten > 0)
        {
            LogForgotten(forgotten);
        }
    }

    [LoggerMessage(LogLevel.Information, "Forgot {Letters} invalid events that were kept long enough")]
    private partial void LogForgotten(long letters);
}
