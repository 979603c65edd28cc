using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using MassTransit;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Steps the feature views over the validated events. PostgreSQL leads: rows and newest states are written exactly once in
/// the transaction that moves the sink's offsets; the online store then follows it (see <see cref="OnlineStore"/>).
/// </summary>
internal sealed class StreamFeaturesConsumer(
    SinkLedger<StreamFeaturesConsumer> ledger,
    StreamState remembered,
    OnlineStore online,
    TimeProvider time
) : IConsumer<TopicBatch<BehaviorEvent>>
{
    private static readonly SinkRows<BehaviorEvent> Rows = new(
        e => e.EventId,
        e => e.EventTime,
        "select event_id from features.session_row where event_id = any($1) and event_time between $2 and $3"
    );

    public async Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context)
    {
        CancellationToken cancellationToken = context.CancellationToken;
        FeatureBatch? stepped = null;
        SinkCommit<BehaviorEvent> commit = await ledger.CommitAsync(
            context.Message,
            async (connection, plan) => stepped = await WriteAsync(connection, plan, cancellationToken),
            Rows,
            cancellationToken
        );
        IReadOnlyList<FeatureState> states = [];
        if (stepped is not null)
        {
            remembered.Remember(stepped, commit.Versions);
            states = stepped.States();
        }

        await online.FollowAsync(commit.Versions, states, cancellationToken);
        foreach (int partition in context.Message.Messages.Select(message => message.Partition).Distinct().Except(commit.Versions.Keys))
        {
            // Committed by an earlier attempt, after which Redis may not have followed.
            await online.CatchUpAsync(partition, cancellationToken);
        }
    }

    private async Task<FeatureBatch> WriteAsync(
        NpgsqlConnection connection,
        SinkCommit<BehaviorEvent> commit,
        CancellationToken cancellationToken
    )
    {
        FeatureBatch batch = await remembered.LoadAsync(connection, commit, cancellationToken);
        await OfflineStore.CopyRowsAsync(connection, batch.Step(commit.Messages), cancellationToken);
        await OfflineStore.SaveStatesAsync(connection, batch, commit.Versions, time.GetUtcNow().UtcDateTime, cancellationToken);
        return batch;
    }
}

/// <summary>A row of the offline store.</summary>
/// <param name="Event">The event.</param>
/// <param name="Features">The session's features after it.</param>
internal readonly record struct FeatureRow(BehaviorEvent Event, SessionFeatures Features);
