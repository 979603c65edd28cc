using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Steps the feature views over the validated events. PostgreSQL leads: the newest states are written exactly once in the
/// transaction that moves the sink's offsets; the online store then follows it (see <see cref="OnlineStoreWriter"/>). States add
/// up and do not tell which events are in them, so a message that was taken once is never taken again.
/// </summary>
internal sealed partial class StreamFeaturesConsumer(
    SinkLedger<StreamFeaturesConsumer> ledger,
    StreamState stream,
    OnlineStoreWriter online,
    TimeProvider time,
    ILogger<StreamFeaturesConsumer> logger
) : IConsumer<TopicBatch<BehaviorEvent>>
{
    /// <summary>The second attempt locks the rows that it reads, so only sessions that are new on two hosts at once need a third.</summary>
    private const int MaxAttempts = 4;

    public Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context) =>
        TakeAsync(context.Message, context.CancellationToken);

    /// <summary>Writes a batch to both stores.</summary>
    public async Task TakeAsync(TopicBatch<BehaviorEvent> batch, CancellationToken cancellationToken)
    {
        (IReadOnlyDictionary<int, long> versions, FeatureState[] states) = await CommitAsync(batch, cancellationToken);
        await online.FollowAsync(versions, states, cancellationToken);
        foreach (int partition in batch.Messages.Select(message => message.Partition).Distinct().Except(versions.Keys))
        {
            // Committed by an earlier attempt, after which Redis may not have followed.
            await online.CatchUpAsync(partition, cancellationToken);
        }
    }

    /// <summary>Commits the batch; where another host has written the same sessions in between, again from what PostgreSQL has.</summary>
    private async Task<(IReadOnlyDictionary<int, long> Versions, FeatureState[] States)> CommitAsync(
        TopicBatch<BehaviorEvent> batch,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            FeatureBatch? stepped = null;
            FeatureState[] states = [];
            try
            {
                SinkCommit<BehaviorEvent> commit = await ledger.CommitAsync(
                    batch,
                    async (connection, plan) =>
                    {
                        stepped = await stream.LoadAsync(connection, plan, locked: attempt > 1, cancellationToken);
                        stepped.Step(plan.Messages);
                        DateTime now = time.GetUtcNow().UtcDateTime;
                        states = await OfflineStates.SaveAsync(
                            connection,
                            stepped,
                            plan.Versions,
                            now,
                            cancellationToken
                        );
                    },
                    rows: null,
                    cancellationToken
                );
                stream.Remember(stepped, commit.Versions);
                return (commit.Versions, states);
            }
            catch (Exception e) when (IsConflict(e))
            {
                stream.Forget();
                if (attempt == MaxAttempts)
                {
                    throw;
                }

                LogConflict(e.Message);
            }
        }
    }

    /// <summary>Two hosts were at the same sessions: one of them is to begin again.</summary>
    private static bool IsConflict(Exception e) =>
        e is SinkConflictException or PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };

    [LoggerMessage(LogLevel.Information, "A batch is done again: {Reason}")]
    private partial void LogConflict(string reason);
}
