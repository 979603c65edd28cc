using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.KeepInvalidEvents;

/// <summary>Keeps every invalid event in <c>validation.invalid_event</c> once, with its errors, its origin and its bytes.</summary>
internal sealed class KeepInvalidEventsConsumer(SinkLedger<KeepInvalidEventsConsumer> ledger) : IConsumer<TopicBatch<InvalidEvent>>
{
    private static readonly SinkRows<InvalidEvent> Rows = new(
        e => e.EventId,
        e => e.RejectedAt,
        "select event_id from validation.invalid_event where event_id = any($1) and rejected_at between $2 and $3"
    );

    public Task Consume(ConsumeContext<TopicBatch<InvalidEvent>> context) =>
        ledger.CommitAsync(
            context.Message,
            (connection, commit) => CopyAsync(connection, commit.Messages, context.CancellationToken),
            Rows,
            context.CancellationToken
        );

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<InvalidEvent>> messages,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(
            """
            copy validation.invalid_event (event_id, source, position, received_at, rejected_at, rules, errors, original)
            from stdin (format binary)
            """,
            cancellationToken
        );
        foreach (TopicMessage<InvalidEvent> message in messages)
        {
            InvalidEvent e = message.Value;
            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(e.EventId, NpgsqlDbType.Uuid, cancellationToken);
            await importer.WriteAsync(e.Source, NpgsqlDbType.Text, cancellationToken);
            await importer.WriteAsync(e.Position, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(e.ReceivedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await importer.WriteAsync(e.RejectedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await importer.WriteAsync(
                e.Errors.Select(error => error.Rule).ToArray(),
                NpgsqlDbType.Array | NpgsqlDbType.Text,
                cancellationToken
            );
            await importer.WriteAsync(JsonSerializer.Serialize(e.Errors, TopicJson.Options), NpgsqlDbType.Jsonb, cancellationToken);
            await importer.WriteAsync(e.Original, NpgsqlDbType.Bytea, cancellationToken);
        }

        await importer.CompleteAsync(cancellationToken);
    }
}
