using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using MassTransit;
using Npgsql;

namespace Fecom.Warehouse.LoadBronze;

/// <summary>Writes every validated event to <c>bronze.event</c> exactly once, by binary COPY in the transaction that moves the sink's offsets.</summary>
internal sealed class LoadBronzeConsumer(SinkLedger<LoadBronzeConsumer> ledger, DayPartitions days)
    : IConsumer<TopicBatch<BehaviorEvent>>
{
    private static readonly SinkRows<BehaviorEvent> Rows = new(
        e => e.EventId,
        e => e.EventTime,
        "select event_id from bronze.event where event_id = any($1) and event_time between $2 and $3"
    );

    public async Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context)
    {
        TopicBatch<BehaviorEvent> batch = context.Message;
        while (!await TryCommitAsync(batch, context.CancellationToken)) { }
    }

    /// <returns>False when a partition was dropped meanwhile: then nothing is written.</returns>
    private async Task<bool> TryCommitAsync(TopicBatch<BehaviorEvent> batch, CancellationToken cancellationToken)
    {
        await days.EnsureAsync(DayPartitions.Days(batch.Messages), cancellationToken);
        try
        {
            await ledger.CommitAsync(
                batch,
                (connection, commit) => WriteAsync(connection, commit, cancellationToken),
                Rows,
                cancellationToken
            );
            return true;
        }
        catch (PartitionDroppedException)
        {
            return false;
        }
    }

    private async Task WriteAsync(
        NpgsqlConnection connection,
        SinkCommit<BehaviorEvent> commit,
        CancellationToken cancellationToken
    )
    {
        ForgottenKeys forgotten = await ForgottenKeys.ReadAsync(
            connection,
            EventBatches.ForgottenTable,
            cancellationToken
        );
        commit = commit with
        {
            Messages = forgotten.Without(commit.Messages, m => m.Value.UserId, m => m.Value.EventTime),
        };
        if (commit.Messages.Count == 0)
        {
            return;
        }

        await days.HoldAsync(connection, DayPartitions.Days(commit.Messages), cancellationToken);
        long batch = await EventBatches.AddAsync(connection, commit, cancellationToken);
        await CopyAsync(connection, commit.Messages, batch, cancellationToken);
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<BehaviorEvent>> messages,
        long batch,
        CancellationToken cancellationToken
    )
    {
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(
            connection,
            $"copy bronze.event ({BronzeRows.Columns}) from stdin (format binary)",
            cancellationToken
        );
        for (int i = 0; i < messages.Count; i++)
        {
            BronzeRows.WriteRow(copy, messages[i].Value, batch);
            if (copy.IsFull)
            {
                await copy.FlushAsync(cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }
}
