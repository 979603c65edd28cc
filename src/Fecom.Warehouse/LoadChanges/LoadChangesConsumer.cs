using Fecom.Platform.Messaging;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Fecom.Warehouse.LoadBronze;
using MassTransit;
using Npgsql;

namespace Fecom.Warehouse.LoadChanges;

/// <summary>Writes every change of a Fecom table to <c>bronze.table_change</c> exactly once, by binary COPY in the transaction that moves the sink's offsets.</summary>
internal sealed class LoadChangesConsumer<TTable>(SinkLedger<LoadChangesConsumer<TTable>> ledger, ChangeMonths months)
    : IConsumer<TopicBatch<TableChange>>
    where TTable : IChangedTable
{
    private const short ColumnCount = 14;

    private const string Copy = """
        copy bronze.table_change (changed_at, received_at, change_id, table_name, key, op, before, after, snapshot, file, line, source,
            position, batch) from stdin (format binary)
        """;

    private static readonly SinkRows<TableChange> Rows = new(
        change => change.Id,
        change => change.ChangedAt,
        "select change_id from bronze.table_change where change_id = any($1) and changed_at between $2 and $3"
    );

    public async Task Consume(ConsumeContext<TopicBatch<TableChange>> context)
    {
        TopicBatch<TableChange> batch = context.Message;
        if (!await TryCommitAsync(batch, isLast: false, context.CancellationToken))
        {
            await TryCommitAsync(batch, isLast: true, context.CancellationToken);
        }
    }

    /// <returns>False when a partition had been dropped since it was last seen: then nothing is written.</returns>
    private async Task<bool> TryCommitAsync(
        TopicBatch<TableChange> batch,
        bool isLast,
        CancellationToken cancellationToken
    )
    {
        await months.EnsureAsync(batch.Messages.Select(message => message.Value.ChangedAt), cancellationToken);
        try
        {
            await ledger.CommitAsync(
                batch,
                (connection, commit) => WriteAsync(connection, commit.Messages, cancellationToken),
                Rows,
                cancellationToken
            );
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation && !isLast)
        {
            // No partition takes the row.
            months.Forget();
            return false;
        }
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<TableChange>> messages,
        CancellationToken cancellationToken
    )
    {
        ForgottenKeys users = await ForgottenKeys.ReadAsync(connection, EventBatches.ForgottenTable, cancellationToken);
        ForgottenKeys rows = await ForgottenKeys.ReadAsync(connection, ForgottenRows.Table, cancellationToken);
        IReadOnlyList<TopicMessage<TableChange>> taken =
            users.IsEmpty && rows.IsEmpty
                ? messages
                :
                [
                    .. messages.Where(message =>
                        !message.Value.Users.Any(user => users.Forgets(user, message.Value.ChangedAt))
                        && !message.Value.Owners.Any(owner => rows.Forgets(owner, message.Value.ChangedAt))
                    ),
                ];
        if (taken.Count > 0)
        {
            await CopyAsync(connection, taken, cancellationToken);
        }
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<TableChange>> messages,
        CancellationToken cancellationToken
    )
    {
        long batch = await AddBatchAsync(connection, messages, cancellationToken);
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, Copy, cancellationToken);
        for (int i = 0; i < messages.Count; i++)
        {
            WriteRow(copy, messages[i].Value, messages[i].Origin, batch);
            if (copy.IsFull)
            {
                await copy.FlushAsync(cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static void WriteRow(BinaryCopy copy, TableChange change, MessageOrigin origin, long batch)
    {
        copy.StartRow(ColumnCount);
        copy.Write(change.ChangedAt);
        copy.Write(origin.ReceivedAt);
        copy.Write(change.Id);
        copy.Write(TTable.Table.Name);
        copy.Write(change.Key);
        copy.Write(change.Op);
        copy.WriteJson(change.Before);
        copy.WriteJson(change.After);
        copy.Write(change.Snapshot);
        copy.Write(change.File);
        if (change.Line is { } line)
        {
            copy.Write(line);
        }
        else
        {
            copy.WriteNull();
        }

        copy.Write(origin.Source);
        copy.Write(origin.Position);
        copy.Write(batch);
    }

    /// <returns>The number that the transaction's rows carry.</returns>
    private static async Task<long> AddBatchAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<TableChange>> messages,
        CancellationToken cancellationToken
    )
    {
        (DateOnly Month, long Changes)[] months =
        [
            .. messages
                .CountBy(message => ChangeMonths.Of(message.Value.ChangedAt))
                .Select(month => (month.Key, (long)month.Value)),
        ];
        await using NpgsqlCommand insert = new(
            """
            with number as materialized (select nextval('bronze.change_batch_number') as batch)
            insert into bronze.change_batch (batch, month, table_name, changes)
            select batch, month, $1, changes from number, unnest($2, $3) as added (month, changes)
            returning batch
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = TTable.Table.Name },
                new() { Value = months.Select(month => month.Month).ToArray() },
                new() { Value = months.Select(month => month.Changes).ToArray() },
            },
        };
        return (long)(await insert.ExecuteScalarAsync(cancellationToken))!;
    }
}
