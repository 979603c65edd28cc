using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.KeepInvalidEvents;

/// <summary>Keeps every invalid event in <c>validation.invalid_event</c> once, with its errors, its origin and its bytes, and counts it.</summary>
internal sealed class KeepInvalidEventsConsumer(SinkLedger<KeepInvalidEventsConsumer> ledger)
    : IConsumer<TopicBatch<InvalidEvent>>
{
    private static readonly SinkRows<InvalidEvent> Rows = new(
        e => e.EventId,
        e => e.RejectedAt,
        "select event_id from validation.invalid_event where event_id = any($1) and rejected_at between $2 and $3"
    );

    public Task Consume(ConsumeContext<TopicBatch<InvalidEvent>> context) =>
        ledger.CommitAsync(
            context.Message,
            (connection, commit) =>
                WriteAsync(
                    connection,
                    [.. commit.Messages.Select(message => message.Value)],
                    context.CancellationToken
                ),
            Rows,
            context.CancellationToken
        );

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        IReadOnlyList<InvalidEvent> invalidEvents,
        CancellationToken cancellationToken
    )
    {
        await LockAsync(connection, cancellationToken);
        await CopyAsync(connection, invalidEvents, cancellationToken);
        await using NpgsqlBatch batch = new(connection);
        batch.BatchCommands.Add(InvalidEventCountTable.Add(invalidEvents));
        foreach (NpgsqlBatchCommand command in ReturnedInvalidEvents.Link(invalidEvents))
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>One host at a time, so that ids ascend in the order of the commits, and a reader that continues from an id misses none.</summary>
    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                SinkTransaction.LimitIdle(),
                new($"select pg_advisory_xact_lock({ValidationLocks.KeepInvalidEvents})"),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<InvalidEvent> invalidEvents,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(
            """
            copy validation.invalid_event (event_id, source, position, received_at, rejected_at, rules, errors, original,
                whole_length, whole_sha256, message_key)
            from stdin (format binary)
            """,
            cancellationToken
        );
        foreach (InvalidEvent e in invalidEvents)
        {
            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(e.EventId, NpgsqlDbType.Uuid, cancellationToken);
            await importer.WriteAsync(e.Source, NpgsqlDbType.Text, cancellationToken);
            await importer.WriteAsync(e.Position, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(e.ReceivedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await importer.WriteAsync(e.RejectedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await importer.WriteAsync(
                InvalidEventCountTable.Rules(e),
                NpgsqlDbType.Array | NpgsqlDbType.Text,
                cancellationToken
            );
            await importer.WriteAsync(
                JsonSerializer.Serialize(e.Errors, TopicJson.Options),
                NpgsqlDbType.Jsonb,
                cancellationToken
            );
            await importer.WriteAsync(e.Original, NpgsqlDbType.Bytea, cancellationToken);
            await importer.WriteAsync(e.Cut?.Length, NpgsqlDbType.Integer, cancellationToken);
            await importer.WriteAsync(e.Cut?.Sha256, NpgsqlDbType.Text, cancellationToken);
            await (
                e.Key is { } key
                    ? importer.WriteAsync(key, NpgsqlDbType.Bytea, cancellationToken)
                    : importer.WriteNullAsync(cancellationToken)
            );
        }

        await importer.CompleteAsync(cancellationToken);
    }
}
