using Fecom.Platform.Failures;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retries;
using Fecom.Platform.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Platform;

/// <summary>Prepares what must exist before any module starts: schemas and topics.</summary>
public static partial class PlatformStart
{
    /// <summary>
    /// Migrates PostgreSQL and creates the topics; waits up to a minute for servers that are still starting. A Kafka cluster that does
    /// not answer within some seconds is not waited for: the host starts, reports it in its health, and reads and sends once it answers.
    /// </summary>
    /// <exception cref="StartException">A server is still unavailable; the message says which, and the last error.</exception>
    public static async Task PrepareAsync(this IHost host, CancellationToken cancellationToken = default)
    {
        ILogger logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fecom.Start");
        TimeProvider time = host.Services.GetRequiredService<TimeProvider>();
        await ReadyAsync(
            "PostgreSQL",
            host.Services.GetRequiredService<Migrator>().MigrateAsync,
            time,
            logger,
            cancellationToken
        );
        await ReadyAsync(
            "PostgreSQL",
            host.Services.GetRequiredService<OriginSeal>().OpenAsync,
            time,
            logger,
            cancellationToken
        );
        if (host.Services.GetService<JobStore>() is { } jobs)
        {
            await ReadyAsync("PostgreSQL", jobs.PrepareAsync, time, logger, cancellationToken);
        }

        IEnumerable<TopicDefinition> topics = host.Services.GetServices<TopicDefinition>();
        KafkaCluster cluster = host.Services.GetRequiredService<KafkaCluster>();
        if (cluster.IsEmbedded)
        {
            await ReadyAsync("Kafka", token => cluster.OpenAsync(topics, token), time, logger, cancellationToken);
        }
        else
        {
            await ReachAsync(cluster, topics, time, logger, cancellationToken);
        }
    }

    private static async Task ReachAsync(
        KafkaCluster cluster,
        IEnumerable<TopicDefinition> topics,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        RetryLoop retry = new(RetrySchedule.Kafka, time)
        {
            Helps = failure => Outage.Is(failure) && failure is not TopicUnavailableException { IsRefusal: true },
            Failed = (failure, _) =>
            {
                LogWaiting(logger, "Kafka", FailureText.Of(failure));
                return ValueTask.CompletedTask;
            },
        };
        try
        {
            await retry.RunAsync(token => cluster.OpenAsync(topics, token), cancellationToken);
        }
        catch (TopicUnavailableException e) when (e.IsRefusal)
        {
            throw new StartException($"{e.Message}.", e);
        }
        catch (Exception e) when (Outage.Is(e) && !cancellationToken.IsCancellationRequested)
        {
            LogWithoutKafka(logger, FailureText.Of(e));
        }
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
            Helps = failure => Outage.Is(failure) && !IsRefusal(failure),
            Failed = (failure, _) =>
            {
                LogWaiting(logger, server, FailureText.Of(failure));
                return ValueTask.CompletedTask;
            },
        };
        try
        {
            await retry.RunAsync(prepare, cancellationToken);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw new StartException($"{FailureText.Of(e)}. Look at ConnectionStrings:Postgres.", e);
        }
        catch (Exception e) when (Outage.Is(e) && !cancellationToken.IsCancellationRequested)
        {
            throw new StartException(
                $"{server} did not answer within {schedule.GiveUpAfter!.Value.TotalSeconds:0} s: {FailureText.Of(e)}.",
                e
            );
        }
    }

    /// <summary>Login or permission denied (class 28, 42501), or a database that does not exist: only a person can change that.</summary>
    private static bool IsRefusal(Exception failure) =>
        failure
            is PostgresException
            {
                SqlState: PostgresErrorCodes.InsufficientPrivilege
                    or PostgresErrorCodes.InvalidCatalogName
                    or ['2', '8', ..]
            };

    [LoggerMessage(LogLevel.Warning, "{Server} does not answer yet; trying again: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string server, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "The host starts without Kafka and goes on once it answers; until then it keeps what comes over HTTP, and reads nothing. {Reason}"
    )]
    private static partial void LogWithoutKafka(ILogger logger, string reason);
}
