using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Ingestion.HttpEvents.RelayEvents;

/// <summary>Events of the outbox as messages.</summary>
/// <param name="Messages">In the order of their numbers.</param>
/// <param name="LastChunk">Number of the last chunk's first event.</param>
/// <param name="Next">Number of the event after the last one; null when that is not known.</param>
/// <param name="Traces">The trace contexts of the calls that brought them.</param>
/// <param name="IsFull">Whether it holds as much as a batch does, so that more may follow at once.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OutboxBatch(
    IReadOnlyList<OutgoingMessage> Messages,
    long LastChunk,
    long? Next,
    TraceContexts Traces,
    bool IsFull = false
);

/// <summary>Reads and deletes the outbox's chunks, oldest first.</summary>
internal sealed class OutboxChunks(NpgsqlDataSource database, OutboxState outbox)
{
    private const int MaxChunks = 64;
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Everything up to this number is deleted: scans start behind it, since a long transaction elsewhere keeps dead entries at the index's beginning.</summary>
    private long _deleted;

    /// <summary>The chunks that follow a batch and that this host has committed itself since; null when the table is to be read.</summary>
    public OutboxBatch? TakeHanded(OutboxBatch before)
    {
        List<OutgoingMessage> messages = [];
        TraceContexts traces = new();
        (long last, long? next) = (before.LastChunk, before.Next);
        while (next is { } seq && outbox.TakeHanded(seq) is { } chunk)
        {
            Add(messages, seq, chunk.Payload.Span, chunk.ReceivedAt);
            if (TraceContexts.AreWanted)
            {
                Array.ForEach(chunk.Traces ?? [], traces.Add);
            }

            (last, next) = (seq, seq + chunk.Events);
        }

        return messages.Count > 0 ? new OutboxBatch(messages, last, next, traces) : null;
    }

    /// <summary>The chunks that follow a batch, as many as one holds; at least one if there is one.</summary>
    public async Task<OutboxBatch> ReadAsync(OutboxBatch before, CancellationToken cancellationToken)
    {
        (long after, long? next) = (before.LastChunk, before.Next);
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select first_seq, payload, received_at, traceparents, events
            from (
                select first_seq, payload, received_at, traceparents, events, sum(octet_length(payload)) over (order by first_seq) - octet_length(payload) as before
                from (select * from ingestion.outbox where first_seq > $1 order by first_seq limit $2) as next
            ) as chunk
            where before < $3
            order by first_seq
            """
        );
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = MaxChunks });
        command.Parameters.Add(new() { Value = MaxBytes });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<OutgoingMessage> messages = [];
        TraceContexts traces = new();
        int chunks = 0;
        long bytes = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            after = reader.GetInt64(0);
            byte[] payload = reader.GetFieldValue<byte[]>(1);
            Add(messages, after, payload, reader.GetDateTime(2));
            next = after + reader.GetInt32(4);
            if (TraceContexts.AreWanted && !await reader.IsDBNullAsync(3, cancellationToken))
            {
                Array.ForEach(reader.GetFieldValue<string[]>(3), traces.Add);
            }

            chunks++;
            bytes += payload.Length;
        }

        return new OutboxBatch(messages, after, next, traces, chunks == MaxChunks || bytes >= MaxBytes);
    }

    /// <summary>Deletes the chunks up to <paramref name="last"/>, which have reached every sink.</summary>
    public async Task DeleteAsync(long last, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        // This count only serves the limit for callers: whatever is in the outbox is sent, even if the count is off.
        batch.BatchCommands.Add(
            new(
                """
                select setval('ingestion.outbox_done', coalesce(
                    (select first_seq - 1 from ingestion.outbox where first_seq > $1 order by first_seq limit 1), last_value))
                from ingestion.outbox_last
                """
            )
            {
                Parameters = { new() { Value = last } },
            }
        );
        batch.BatchCommands.Add(
            new("delete from ingestion.outbox where first_seq > $1 and first_seq <= $2")
            {
                Parameters =
                {
                    new() { Value = _deleted },
                    new() { Value = last },
                },
            }
        );
        await batch.ExecuteNonQueryAsync(cancellationToken);
        _deleted = last;
    }

    private static void Add(List<OutgoingMessage> messages, long seq, ReadOnlySpan<byte> payload, DateTime receivedAt)
    {
        while (!payload.IsEmpty)
        {
            int length = payload.IndexOf((byte)'\n');
            ReadOnlySpan<byte> json = payload[..length];
            string key = EventReader.Field(json, EventKey.UserId).Text ?? seq.ToString(CultureInfo.InvariantCulture);
            messages.Add(
                new OutgoingMessage(
                    Encoding.UTF8.GetBytes(key),
                    json.ToArray(),
                    new MessageOrigin(ApiSource.Name, seq, receivedAt)
                )
            );
            payload = payload[(length + 1)..];
            seq++;
        }
    }
}
