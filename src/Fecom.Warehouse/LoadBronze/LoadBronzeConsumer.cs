using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Warehouse.LoadBronze;

/// <summary>Writes every validated event to <c>bronze.event</c> exactly once, by binary COPY in the transaction that moves the sink's offsets.</summary>
internal sealed class LoadBronzeConsumer(SinkLedger<LoadBronzeConsumer> ledger, DayPartitions days) : IConsumer<TopicBatch<BehaviorEvent>>
{
    private static readonly SinkRows<BehaviorEvent> Rows = new(
        e => e.EventId,
        e => e.EventTime,
        "select event_id from bronze.event where event_id = any($1) and event_time between $2 and $3"
    );

    public async Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context)
    {
        TopicBatch<BehaviorEvent> batch = context.Message;
        await days.EnsureAsync(batch.Messages, context.CancellationToken);
        await ledger.CommitAsync(
            batch,
            (connection, commit) => CopyAsync(connection, commit.Messages, context.CancellationToken),
            Rows,
            context.CancellationToken
        );
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<BehaviorEvent>> messages,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(
            """
            copy bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                category_code, brand, price, user_id, user_session, source, late) from stdin (format binary)
            """,
            cancellationToken
        );
        for (int i = 0; i < messages.Count; i++)
        {
            WriteRow(importer, messages[i].Value);
        }

        await importer.CompleteAsync(cancellationToken);
    }

    /// <summary>Without await: a row goes to a buffer, and fifteen state machines a row would cost more than the row.</summary>
    private static void WriteRow(NpgsqlBinaryImporter importer, BehaviorEvent e)
    {
        importer.StartRow();
        importer.Write(e.EventTime, NpgsqlDbType.TimestampTz);
        importer.Write(e.ReceivedAt, NpgsqlDbType.TimestampTz);
        importer.Write(e.ValidatedAt, NpgsqlDbType.TimestampTz);
        importer.Write(e.EventId, NpgsqlDbType.Uuid);
        importer.Write(e.Position, NpgsqlDbType.Bigint);
        importer.Write(e.EventType.Name(), NpgsqlDbType.Text);
        importer.Write(e.ProductId, NpgsqlDbType.Text);
        WriteOptional(importer, e.CategoryId);
        WriteOptional(importer, e.CategoryCode);
        WriteOptional(importer, e.Brand);
        importer.Write(e.Price, NpgsqlDbType.Numeric);
        importer.Write(e.UserId, NpgsqlDbType.Text);
        importer.Write(e.UserSession, NpgsqlDbType.Text);
        importer.Write(e.Source, NpgsqlDbType.Text);
        importer.Write(e.Late, NpgsqlDbType.Boolean);
    }

    private static void WriteOptional(NpgsqlBinaryImporter importer, string? value)
    {
        if (value is null)
        {
            importer.WriteNull();
        }
        else
        {
            importer.Write(value, NpgsqlDbType.Text);
        }
    }
}
