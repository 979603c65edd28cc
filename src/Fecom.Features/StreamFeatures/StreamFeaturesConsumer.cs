using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Steps the feature views over the validated events. PostgreSQL leads: the newest states are written exactly once in the
/// transaction that moves the sink's offsets; the online store then follows it (see <see cref="OnlineStoreWriter"/>). States sum
/// events up and do not tell which are in them, so a message that was taken once is never taken again.
/// </summary>
internal sealed partial class StreamFeaturesConsumer(
    SinkLedger<StreamFeaturesConsumer> ledger,
    StreamState stream,
    OnlineStoreWriter online,
    Materialization materialization,
    TimeProvider time,
    ILogger<StreamFeaturesConsumer> logger
) : IConsumer<TopicBatch<BehaviorEvent>>
{
    public Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context) =>
        TakeAsync(context.Message, context.CancellationToken);

    /// <summary>Writes a batch to both stores: when it returns, both have all of it.</summary>
    public async Task TakeAsync(TopicBatch<BehaviorEvent> batch, CancellationToken cancellationToken)
    {
        await materialization.EnsureAsync(cancellationToken);
        (SinkCommit<BehaviorEvent> commit, FeatureState[] states) = await CommitAsync(batch, cancellationToken);
        await online.FollowAsync(commit.Versions, states, cancellationToken);
        if (states.Length > 0)
        {
            stream.Release();
        }

        if (batch.Messages.Any(message => !commit.Versions.ContainsKey(message.Partition)))
        {
            // Committed by an earlier attempt, after which Redis may not have followed.
            await online.CatchUpAsync(isScanAllowed: false, cancellationToken);
        }
    }

    /// <summary>Steps a batch's events and writes the states to PostgreSQL.</summary>
    /// <returns>What was new, and the states to follow with.</returns>
    private async Task<(SinkCommit<BehaviorEvent> Commit, FeatureState[] States)> CommitAsync(
        TopicBatch<BehaviorEvent> batch,
        CancellationToken cancellationToken
    )
    {
        FeatureState[] states = [];
        int conflicts = 0;
        try
        {
            SinkCommit<BehaviorEvent> commit = await ledger.CommitAsync(
                batch,
                async (connection, plan) =>
                {
                    FeatureTick tick = await stream.StepAsync(
                        connection,
                        await stream.WantedAsync(connection, plan.Messages, cancellationToken),
                        cancellationToken
                    );
                    (states, conflicts) = await OfflineStates.SaveAsync(
                        connection,
                        tick,
                        plan.Versions,
                        time.GetUtcNow().UtcDateTime,
                        cancellationToken
                    );
                },
                rows: null,
                cancellationToken
            );
            stream.Remember();
            if (conflicts > 0)
            {
                LogConflicts(conflicts);
            }

            return (commit, states);
        }
        catch
        {
            // The states in memory were stepped, and what is written is known to PostgreSQL alone.
            stream.Forget();
            throw;
        }
    }

    [LoggerMessage(
        LogLevel.Debug,
        "Another host has moved {Entities} entities on; their events were stepped again from what is there"
    )]
    private partial void LogConflicts(int entities);
}
