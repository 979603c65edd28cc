using System.Collections.Concurrent;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Npgsql;

namespace Fecom.Ingestion.HttpEvents.Shared;

/// <summary>What accepting and relaying know of the outbox between them: how much is in it, and when something comes into it.</summary>
internal sealed class OutboxState(NpgsqlDataSource database)
{
    /// <summary>The SQL of a number: events in the outbox.</summary>
    public const string Backlog =
        "(select last_value from ingestion.outbox_last) - (select last_value from ingestion.outbox_done)";

    /// <summary>The notice of a host that does not relay itself, when it has written after a pause.</summary>
    public const string Asked = "events";

    /// <summary>How long the host that relays goes on to look often after the last event of another host that it found; after that it waits for a notice.</summary>
    public static readonly TimeSpan Awake = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that wait to be relayed; what comes beyond them is read from the table.</summary>
    private const int MaxHandedBytes = 4 * 1024 * 1024;

    private readonly ConcurrentQueue<OutboxChunk> _handed = new();
    private int _handedBytes;
    private volatile bool _relaysHere;
    private volatile bool _isWriting;

    /// <summary>Set when there is something to relay.</summary>
    public Signal Written { get; } = new();

    /// <summary>Whether this host relays.</summary>
    public bool RelaysHere
    {
        get => _relaysHere;
        set => _relaysHere = value;
    }

    /// <summary>Whether this host is about to commit a chunk, or to hand it over: until then nobody can tell it from another host's.</summary>
    public bool IsWriting
    {
        get => _isWriting;
        set => _isWriting = value;
    }

    /// <summary>Gives a chunk that was just committed to this host's relay, which then need not read it from the table. Called by one thread at a time.</summary>
    public void HandOver(OutboxChunk chunk)
    {
        if (Volatile.Read(ref _handedBytes) + chunk.Payload.Length <= MaxHandedBytes)
        {
            Interlocked.Add(ref _handedBytes, chunk.Payload.Length);
            _handed.Enqueue(chunk);
        }
    }

    /// <summary>
    /// Takes the chunk that begins with event number <paramref name="seq"/>. Numbers have no gap unless a transaction failed, so nothing
    /// lies before a chunk that begins where the last one ended; what another host has committed between the two is in the table.
    /// </summary>
    /// <returns>Null when that one was not handed over; older ones are dropped.</returns>
    public OutboxChunk? TakeHanded(long seq)
    {
        while (_handed.TryPeek(out OutboxChunk? chunk) && chunk.FirstSeq <= seq && _handed.TryDequeue(out chunk))
        {
            Interlocked.Add(ref _handedBytes, -chunk.Payload.Length);
            if (chunk.FirstSeq == seq)
            {
                return chunk;
            }
        }

        return null;
    }

    /// <summary>Number of the last event, and events in the outbox.</summary>
    public async Task<(long LastSeq, long Backlog)> ReadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"select (select last_value from ingestion.outbox_last), {Backlog}"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
