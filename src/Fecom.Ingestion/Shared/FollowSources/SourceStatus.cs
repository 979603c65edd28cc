using System.ComponentModel.DataAnnotations;

namespace Fecom.Ingestion.Shared.FollowSources;

/// <summary>A source's state and progress.</summary>
internal sealed record SourceStatus
{
    /// <summary>Its name, as events carry it: <c>file:NAME@FINGERPRINT</c>, <c>fecom:TABLE</c>, <c>purchases:fecom</c>, <c>postgres:TABLE</c>, <c>kafka:CLUSTER/TOPIC</c> or <c>api</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>file</c>, <c>table</c>, <c>purchases</c>, <c>postgres</c>, <c>debezium</c> or <c>api</c>.</summary>
    [AllowedValues("file", "table", "purchases", "postgres", "debezium", "api")]
    public required string Kind { get; init; }

    /// <summary>
    /// Of a file: <c>waiting</c> for its first row while somebody may be writing to it, <c>idle</c> without a row,
    /// <c>loading</c>, <c>completed</c>, <c>refused</c> for its header or for being no file, <c>failed</c>, <c>replaced</c> by
    /// another file of its name, or <c>missing</c> for an hour after it was removed. Of a table that of its newest file. Of purchases
    /// <c>loading</c> or <c>completed</c>. Of the API: <c>open</c>. Of PostgreSQL: <c>snapshot</c>
    /// while its rows are read, <c>sending</c> while they are on their way, <c>streaming</c>, <c>waiting</c> for what
    /// <see cref="LastError"/> says, or <c>failed</c> when changes are lost. Of Debezium: <c>streaming</c>.
    /// </summary>
    [AllowedValues(
        "waiting",
        "idle",
        "loading",
        "completed",
        "refused",
        "failed",
        "replaced",
        "missing",
        "open",
        "snapshot",
        "sending",
        "streaming"
    )]
    public required string State { get; init; }

    /// <summary>The file of a table that was read last.</summary>
    public string? File { get; init; }

    /// <summary>Rows sent, malformed ones included; of a table, rows of its last snapshot.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that could not be read as their header announces; they are kept as invalid events.</summary>
    public required long Malformed { get; init; }

    /// <summary>Up to here every sink has everything: a line number, the API's sequence number, or a table's changes. Of PostgreSQL, with a Kafka of its own, Kafka has it.</summary>
    public required long Position { get; init; }

    /// <summary>Bytes read of the file as it is on disk, compressed or not.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Over the last ten seconds, while it loads.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>At the present rate, while it loads.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>Events that are accepted and have not reached every sink.</summary>
    public long? Backlog { get; init; }

    /// <summary>When its load began, UTC; null before.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When its load had ended, UTC; null before.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>Of a table: what its last snapshot changed.</summary>
    public SourceChanges? Changes { get; init; }

    /// <summary>Of PostgreSQL: its slot, and what came from it.</summary>
    public SourceCapture? Capture { get; init; }

    /// <summary>Of a Debezium connector's messages: what came.</summary>
    public SourceFeed? Feed { get; init; }

    /// <summary>Rows that are left out or wait, by their kind; null when there are none.</summary>
    public IReadOnlyList<SourceFinding>? Findings { get; init; }

    /// <summary>What a reader of the figures should know, such as a file that ends in the middle of a line.</summary>
    public string? Notice { get; init; }

    /// <summary>Why it waits or has stopped.</summary>
    public string? LastError { get; init; }
}

/// <summary>What a table's snapshot changed.</summary>
/// <param name="Snapshot">Its number, from 1.</param>
/// <param name="Created">New rows.</param>
/// <param name="Updated">Changed rows.</param>
/// <param name="Deleted">Deleted rows.</param>
internal sealed record SourceChanges(long Snapshot, long Created, long Updated, long Deleted);

/// <summary>A table that is followed by logical replication.</summary>
internal sealed record SourceCapture
{
    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>The replication slot.</summary>
    public required string Slot { get; init; }

    /// <summary>Whether somebody reads from the slot; null when PostgreSQL does not answer or has no such slot, as the following ones.</summary>
    public bool? Active { get; init; }

    /// <summary>PostgreSQL's <c>wal_status</c>: <c>reserved</c>, <c>extended</c>, <c>unreserved</c> or <c>lost</c>.</summary>
    [AllowedValues("reserved", "extended", "unreserved", "lost", null)]
    public string? WalStatus { get; init; }

    /// <summary>The LSN up to which PostgreSQL may discard WAL.</summary>
    public string? ConfirmedLsn { get; init; }

    /// <summary>Bytes of WAL that came after that.</summary>
    public long? LagBytes { get; init; }

    /// <summary>Bytes of WAL that PostgreSQL keeps for the slot.</summary>
    public long? RetainedWalBytes { get; init; }

    /// <summary>Rows that existed at the beginning.</summary>
    public required long SnapshotRows { get; init; }

    /// <summary>Rows inserted since.</summary>
    public required long Created { get; init; }

    /// <summary>Rows updated.</summary>
    public required long Updated { get; init; }

    /// <summary>Rows deleted.</summary>
    public required long Deleted { get; init; }

    /// <summary>How often the table was truncated.</summary>
    public required long Truncated { get; init; }
}

/// <summary>What came on the change topic from others than the capture, such as a Debezium connector.</summary>
internal sealed record SourceFeed
{
    /// <summary>Rows that snapshots found.</summary>
    public required long SnapshotRows { get; init; }

    /// <summary>Rows inserted.</summary>
    public required long Created { get; init; }

    /// <summary>Rows updated.</summary>
    public required long Updated { get; init; }

    /// <summary>Rows deleted.</summary>
    public required long Deleted { get; init; }

    /// <summary>How often the table was truncated.</summary>
    public required long Truncated { get; init; }

    /// <summary>
    /// Messages that did not become events, by reason: <c>updated</c>, <c>rekeyed</c>, <c>deleted</c>, <c>tombstone</c>,
    /// <c>truncated</c>, <c>heartbeat</c>, <c>transaction</c>, <c>message</c>, and <c>repeated</c> for rows that came before.
    /// </summary>
    public required IReadOnlyDictionary<string, long> Skipped { get; init; }

    /// <summary>Offset of the last processed message of each partition.</summary>
    public required IReadOnlyDictionary<int, long> Offsets { get; init; }

    /// <summary>When the last message came, UTC.</summary>
    public required DateTime ChangedAt { get; init; }
}

/// <summary>Rows that are left out or wait.</summary>
/// <param name="Kind">
/// Of a table <c>malformed</c>, <c>empty</c>, <c>without_key</c>, <c>duplicate_key</c>, or <c>held</c>: as it was before its line
/// became unreadable. Of purchases what they wait for: <c>no_order</c>, <c>no_customer</c>, <c>no_product</c>; <c>not_bought</c>
/// where their order is cancelled or unavailable, and <c>cancelled_later</c> where it was so only after they had become purchases.
/// </param>
/// <param name="Count">How many.</param>
/// <param name="Examples">The first few.</param>
internal sealed record SourceFinding(
    [property: AllowedValues(
        "malformed",
        "empty",
        "without_key",
        "duplicate_key",
        "held",
        "no_order",
        "no_customer",
        "no_product",
        "not_bought",
        "cancelled_later"
    )]
        string Kind,
    long Count,
    IReadOnlyList<string> Examples
);

/// <summary>The sources of one kind.</summary>
internal interface ISourceCatalog
{
    Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken);
}
