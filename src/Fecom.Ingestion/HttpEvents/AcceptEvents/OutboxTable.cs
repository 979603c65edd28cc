using System.Buffers;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>Appends to the outbox, one chunk a transaction, numbered in the order of the commits even across hosts.</summary>
internal sealed class OutboxTable(NpgsqlDataSource database)
{
    private const NpgsqlDbType Texts = NpgsqlDbType.Array | NpgsqlDbType.Text;

    /// <returns>Events in the outbox after it, and what was written; null when every event has come before.</returns>
    public async Task<(long Backlog, OutboxChunk? Chunk)> AppendAsync(
        IReadOnlyList<PendingEvents> calls,
        DateTime receivedAt,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        ArrayBufferWriter<byte> payload = new(calls.Sum(call => call.Payload.Length) + 1);
        string[]? traces = TracesOf(calls);
        Guid[] ids = [.. calls.SelectMany(call => call.ClientIds).OfType<Guid>()];
        if (ids.Length == 0)
        {
            foreach (PendingEvents call in calls)
            {
                payload.Write(call.Payload.Span);
            }

            return await InsertAsync(
                connection,
                payload.WrittenMemory,
                calls.Sum(call => call.Count),
                receivedAt,
                traces,
                cancellationToken
            );
        }

        if (ids.Distinct().Count() == ids.Length)
        {
            foreach (PendingEvents call in calls)
            {
                payload.Write(call.Payload.Span);
            }

            int all = calls.Sum(call => call.Count);
            if (
                await TryInsertAsync(
                    connection,
                    ids,
                    payload.WrittenMemory,
                    all,
                    receivedAt,
                    traces,
                    cancellationToken
                ) is
                { } appendedAtOnce
            )
            {
                return appendedAtOnce;
            }

            payload.ResetWrittenCount();
        }

        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        HashSet<Guid> fresh = await KeepIdsAsync(connection, ids, receivedAt, cancellationToken);
        int events = CollectFresh(calls, fresh, payload);
        (long Backlog, OutboxChunk? Chunk) appended = await InsertAsync(
            connection,
            payload.WrittenMemory,
            events,
            receivedAt,
            traces,
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
        return appended;
    }

    /// <returns>Null when none of the calls is traced.</returns>
    private static string[]? TracesOf(IReadOnlyList<PendingEvents> calls)
    {
        string[] traces =
        [
            .. calls
                .Select(call => call.Trace)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .Take(TraceContexts.Max),
        ];
        return traces.Length > 0 ? traces : null;
    }

    /// <summary>One round trip: without a transaction around it, the batch is one.</summary>
    private static async Task<(long Backlog, OutboxChunk? Chunk)> InsertAsync(
        NpgsqlConnection connection,
        ReadOnlyMemory<byte> payload,
        int events,
        DateTime receivedAt,
        string[]? traces,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({IngestionLocks.AppendToOutbox})"),
                new(
                    """
                    insert into ingestion.outbox (first_seq, events, payload, received_at, traceparents)
                    select setval('ingestion.outbox_last', last_value + $1) - $1 + 1, $1, $2, $3, $4 from ingestion.outbox_last where $1 > 0
                    returning first_seq
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = events },
                        new() { Value = payload },
                        new() { Value = receivedAt },
                        new() { Value = (object?)traces ?? DBNull.Value, NpgsqlDbType = Texts },
                    },
                },
                new($"select {OutboxState.Backlog}"),
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        long? seq = await reader.ReadAsync(cancellationToken) ? reader.GetInt64(0) : null;
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (
            reader.GetInt64(0),
            seq is { } first ? new OutboxChunk(first, events, payload, receivedAt, traces) : null
        );
    }

    /// <summary>
    /// Almost always no id has come before: then it is one round trip and the commit. The ids are inserted rather than looked up, since an insert
    /// goes by the unique index: a look-up that PostgreSQL plans while the table is small reads all of it, until the table is analyzed.
    /// </summary>
    /// <returns>As of <see cref="AppendAsync"/>; null when an id is known already, and nothing has been written.</returns>
    private static async Task<(long Backlog, OutboxChunk? Chunk)?> TryInsertAsync(
        NpgsqlConnection connection,
        Guid[] ids,
        ReadOnlyMemory<byte> payload,
        int events,
        DateTime receivedAt,
        string[]? traces,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({IngestionLocks.AppendToOutbox})"),
                new(
                    """
                    with kept as (
                            insert into ingestion.client_event (event_id, accepted_at)
                            select unnest($4), $3 on conflict do nothing returning event_id
                        ),
                        fresh as (select count(*) as ids from kept)
                    insert into ingestion.outbox (first_seq, events, payload, received_at, traceparents)
                    select setval('ingestion.outbox_last', last_value + $1) - $1 + 1, $1, $2, $3, $5 from ingestion.outbox_last, fresh
                    where fresh.ids = cardinality($4)
                    returning first_seq
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = events },
                        new() { Value = payload },
                        new() { Value = receivedAt },
                        new() { Value = ids },
                        new() { Value = (object?)traces ?? DBNull.Value, NpgsqlDbType = Texts },
                    },
                },
                new($"select {OutboxState.Backlog}"),
            },
        };
        OutboxChunk chunk;
        long backlog;
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            await reader.NextResultAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            chunk = new OutboxChunk(reader.GetInt64(0), events, payload, receivedAt, traces);
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            backlog = reader.GetInt64(0);
        }

        await transaction.CommitAsync(cancellationToken);
        return (backlog, chunk);
    }

    /// <summary>Takes a lock first: two hosts that store the same ids in different orders would deadlock.</summary>
    private static async Task<HashSet<Guid>> KeepIdsAsync(
        NpgsqlConnection connection,
        Guid[] ids,
        DateTime acceptedAt,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({IngestionLocks.AppendToOutbox})"),
                new(
                    """
                    insert into ingestion.client_event (event_id, accepted_at)
                    select unnest($1), $2 on conflict do nothing returning event_id
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = ids },
                        new() { Value = acceptedAt },
                    },
                },
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        HashSet<Guid> fresh = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            fresh.Add(reader.GetGuid(0));
        }

        return fresh;
    }

    /// <summary>Writes the events without an id, and the first of each id that is new.</summary>
    private static int CollectFresh(
        IReadOnlyList<PendingEvents> calls,
        HashSet<Guid> fresh,
        ArrayBufferWriter<byte> payload
    )
    {
        int events = 0;
        foreach (PendingEvents call in calls)
        {
            ReadOnlySpan<byte> rest = call.Payload.Span;
            foreach (Guid? id in call.ClientIds)
            {
                int length = rest.IndexOf((byte)'\n') + 1;
                if (id is null || fresh.Remove(id.Value))
                {
                    payload.Write(rest[..length]);
                    events++;
                }

                rest = rest[length..];
            }
        }

        return events;
    }
}
