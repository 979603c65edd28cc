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
    /// <summary>Events of one transaction: many enough that a busy entity is written once for many events, few enough that a large batch has several.</summary>
    private const int TickSize = 10_000;

    public Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context) =>
        TakeAsync(context.Message, context.CancellationToken);

    /// <summary>
    /// Writes a batch to both stores, a large one in several ticks: Redis follows one tick while PostgreSQL has the next. When it
    /// returns, both have all of it.
    /// </summary>
    public async Task TakeAsync(TopicBatch<BehaviorEvent> batch, CancellationToken cancellationToken)
    {
        await materialization.EnsureAsync(cancellationToken);
        Task following = Task.CompletedTask;
        try
        {
            for (int start = 0; start < batch.Messages.Count; start += TickSize)
            {
                TopicBatch<BehaviorEvent> tick = TickOf(batch, start);
                (SinkCommit<BehaviorEvent> commit, FeatureState[] states) = await CommitAsync(tick, cancellationToken);
                // In the order of the ticks: a tick that comes before the one before it would look like a gap.
                await following;
                following = FollowAsync(tick, commit, states, cancellationToken);
            }
        }
        finally
        {
            await following;
        }
    }

    private static TopicBatch<BehaviorEvent> TickOf(TopicBatch<BehaviorEvent> batch, int start) =>
        batch.Messages.Count <= TickSize
            ? batch
            : batch with
            {
                Messages = [.. batch.Messages.Skip(start).Take(TickSize)],
            };

    /// <summary>Steps a tick's events and writes the states to PostgreSQL.</summary>
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
                    FeatureTick tick = await stream.StepAsync(connection, plan.Messages, cancellationToken);
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

    private async Task FollowAsync(
        TopicBatch<BehaviorEvent> batch,
        SinkCommit<BehaviorEvent> commit,
        FeatureState[] states,
        CancellationToken cancellationToken
    )
    {
        await online.FollowAsync(commit.Versions, states, cancellationToken);
        if (batch.Messages.Any(message => !commit.Versions.ContainsKey(message.Partition)))
        {
            // Committed by an earlier attempt, after which Redis may not have followed.
            await online.CatchUpAsync(isScanAllowed: false, cancellationToken);
        }
    }

    [LoggerMessage(
        LogLevel.Debug,
        "Another host has moved {Entities} entities on; their events were stepped again from what is there"
    )]
    private partial void LogConflicts(int entities);
}
