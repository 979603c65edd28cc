using System.Buffers;
using Fecom.Ingestion.RunOnOneHost;
using Npgsql;

namespace Fecom.Ingestion.AcceptEvents;

/// <summary>Appends to the outbox, one chunk a transaction, numbered in the order of the commits even across hosts.</summary>
internal sealed class OutboxTable(NpgsqlDataSource database)
{
    /// <returns>Events in the outbox after it.</returns>
    public async Task<long> AppendAsync(IReadOnlyList<PendingEvents> calls, DateTime receivedAt, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        ArrayBufferWriter<byte> payload = new(calls.Sum(call => call.Payload.Length) + 1);
        Guid[] ids = [.. calls.SelectMany(call => call.ClientIds).OfType<Guid>()];
        if (ids.Length == 0)
        {
            foreach (PendingEvents call in calls)
            {
                payload.Write(call.Payload.Span);
            }

            return await InsertAsync(connection, payload.WrittenMemory, calls.Sum(call => call.Count), receivedAt, cancellationToken);
        }

        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        HashSet<Guid> fresh = await KeepIdsAsync(connection, ids, receivedAt, cancellationToken);
        int events = CollectFresh(calls, fresh, payload);
        long backlog = await InsertAsync(connection, payload.WrittenMemory, events, receivedAt, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return backlog;
    }

    /// <summary>Number of the next event, and events in the outbox.</summary>
    public async Task<(long NextSeq, long Backlog)> StateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select next_seq, next_seq - coalesce((select first_seq from ingestion.outbox order by first_seq limit 1), next_seq)
            from ingestion.outbox_counter
            """
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>One round trip: without a transaction around it, the batch is one.</summary>
    private static async Task<long> InsertAsync(
        NpgsqlConnection connection,
        ReadOnlyMemory<byte> payload,
        int events,
        DateTime receivedAt,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({LockKeys.AppendToOutbox})"),
                new(
                    """
                    with counter as (
                        update ingestion.outbox_counter set next_seq = next_seq + $1 returning next_seq - $1 as first_seq
                    )
                    insert into ingestion.outbox (first_seq, events, payload, received_at)
                    select first_seq, $1, $2, $3 from counter where $1 > 0
                    """
                )
                {
                    Parameters = { new() { Value = events }, new() { Value = payload }, new() { Value = receivedAt } },
                },
                new(
                    """
                    select next_seq - coalesce((select first_seq from ingestion.outbox order by first_seq limit 1), next_seq)
                    from ingestion.outbox_counter
                    """
                ),
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0);
    }

    /// <summary>The lock comes first: two hosts that keep the same ids in different orders would wait for each other.</summary>
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
                new($"select pg_advisory_xact_lock({LockKeys.AppendToOutbox})"),
                new(
                    """
                    insert into ingestion.client_event (event_id, accepted_at)
                    select unnest($1), $2 on conflict do nothing returning event_id
                    """
                )
                {
                    Parameters = { new() { Value = ids }, new() { Value = acceptedAt } },
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
    private static int CollectFresh(IReadOnlyList<PendingEvents> calls, HashSet<Guid> fresh, ArrayBufferWriter<byte> payload)
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
