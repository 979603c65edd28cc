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

    /// <summary>How long the host that relays goes on to look often after the last event that it found; after that it waits for a notice.</summary>
    public static readonly TimeSpan Awake = TimeSpan.FromSeconds(5);

    private volatile bool _relaysHere;

    /// <summary>Set when there is something to relay.</summary>
    public Signal Written { get; } = new();

    /// <summary>Whether this host relays.</summary>
    public bool RelaysHere
    {
        get => _relaysHere;
        set => _relaysHere = value;
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
