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
    /// <summary>States from which on Redis follows on a thread of its own: a batch of them is a second's work for it.</summary>
    private const int ManyStates = 5_000;

    public Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context) =>
        TakeAsync(context.Message, context.CancellationToken);

    /// <summary>
    /// Writes a batch to PostgreSQL. Redis has it once the batch is finished, while the next one is stepped and written: of a large
    /// batch Redis' part takes a fifth of the time.
    /// </summary>
    public async Task TakeAsync(TopicBatch<BehaviorEvent> batch, CancellationToken cancellationToken)
    {
        await materialization.EnsureAsync(cancellationToken);
        FollowedTick tick = await CommitAsync(batch, cancellationToken);
        Task? following =
            tick.States.Length < ManyStates
                ? FollowAsync(tick, cancellationToken)
                : Task.Run(() => FollowAsync(tick, cancellationToken), cancellationToken);
        batch.Finish = async finishing =>
        {
            if (following is { } first)
            {
                following = null;
                await first;
            }
            else
            {
                // Redis was away: PostgreSQL says what it lacks.
                await online.CatchUpAsync(isScanAllowed: false, finishing);
            }
        };
    }

    private async Task FollowAsync(FollowedTick tick, CancellationToken cancellationToken)
    {
        await online.FollowAsync(tick.Commit.Versions, tick.States, cancellationToken);
        tick.Packed?.Release(tick.Number);
        if (tick.IsRepeated)
        {
            // Committed by an earlier attempt, after which Redis may not have followed.
            await online.CatchUpAsync(isScanAllowed: false, cancellationToken);
        }
    }

    /// <summary>Steps a batch's events and writes the states to PostgreSQL.</summary>
    private async Task<FollowedTick> CommitAsync(TopicBatch<BehaviorEvent> batch, CancellationToken cancellationToken)
    {
        FeatureState[] states = [];
        PackedStates? packed = null;
        long number = 0;
        int conflicts = 0;
        try
        {
            SinkCommit<BehaviorEvent> commit = await ledger.CommitAsync(
                batch,
                async (connection, plan) =>
                {
                    FeatureTick tick = await stream.StepAsync(connection, plan.Messages, cancellationToken);
                    packed = tick.Packed;
                    number = packed.Tick;
                    (states, conflicts) = await OfflineStates.SaveAsync(
                        connection,
                        tick,
                        plan,
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

            return new FollowedTick(
                commit,
                states,
                packed,
                number,
                batch.Messages.Any(message => !commit.Versions.ContainsKey(message.Partition))
            );
        }
        catch
        {
            // The states in memory were stepped, and what is written is known to PostgreSQL alone.
            stream.Forget();
            throw;
        }
    }

    /// <summary>What PostgreSQL has and Redis is to have.</summary>
    /// <param name="Commit">What was new.</param>
    /// <param name="States">The states.</param>
    /// <param name="Packed">Whose bytes they are; null when there are none.</param>
    /// <param name="Number">The tick's number there.</param>
    /// <param name="IsRepeated">Whether messages of the batch were taken before.</param>
    private sealed record FollowedTick(
        SinkCommit<BehaviorEvent> Commit,
        FeatureState[] States,
        PackedStates? Packed,
        long Number,
        bool IsRepeated
    );

    [LoggerMessage(
        LogLevel.Debug,
        "Another host has moved {Entities} entities on; their events were stepped again from what is there"
    )]
    private partial void LogConflicts(int entities);
}
