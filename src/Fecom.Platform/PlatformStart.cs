using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retries;
using Fecom.Platform.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform;

/// <summary>What must be there before any module starts: schemas and topics.</summary>
public static partial class PlatformStart
{
    /// <summary>Migrates PostgreSQL and creates the topics; waits up to a minute for servers that are still starting.</summary>
    /// <exception cref="InvalidOperationException">A server did not come; the message says which, and the last error.</exception>
    public static async Task PrepareAsync(this IHost host, CancellationToken cancellationToken = default)
    {
        ILogger logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fecom.Start");
        TimeProvider time = host.Services.GetRequiredService<TimeProvider>();
        await ReadyAsync("PostgreSQL", host.Services.GetRequiredService<Migrator>().MigrateAsync, time, logger, cancellationToken);
        await ReadyAsync("PostgreSQL", host.Services.GetRequiredService<OriginSeal>().OpenAsync, time, logger, cancellationToken);
        await ReadyAsync("PostgreSQL", host.Services.GetRequiredService<JobStore>().PrepareAsync, time, logger, cancellationToken);
        IEnumerable<TopicDefinition> topics = host.Services.GetServices<TopicDefinition>();
        KafkaCluster cluster = host.Services.GetRequiredService<KafkaCluster>();
        await ReadyAsync("Kafka", token => cluster.OpenAsync(topics, token), time, logger, cancellationToken);
    }

    private static async Task ReadyAsync(
        string server,
        Func<CancellationToken, Task> prepare,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        RetrySchedule schedule = RetrySchedule.Start;
        RetryLoop retry = new(schedule, time)
        {
            Failed = (failure, _) =>
            {
                LogWaiting(logger, server, failure.Message);
                return ValueTask.CompletedTask;
            },
        };
        try
        {
            await retry.RunAsync(prepare, cancellationToken);
        }
        catch (Exception e) when (Outage.Is(e))
        {
            throw new InvalidOperationException($"{server} did not answer within {schedule.GiveUpAfter!.Value.TotalSeconds:0} s: {e.Message}", e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Server} does not answer yet; trying again: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string server, string reason);
}
