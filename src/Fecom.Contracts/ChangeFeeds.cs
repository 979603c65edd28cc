namespace Fecom.Contracts;

/// <summary>What senders other than Fecom's own capture, such as a Debezium connector, have sent to <see cref="Topics.PostgresEvents"/>.</summary>
public interface IChangeFeeds
{
    /// <summary>Each partition from which messages came.</summary>
    Task<IReadOnlyList<ChangeFeedStatus>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>What came from one partition.</summary>
public sealed record ChangeFeedStatus
{
    /// <summary><c>kafka:CLUSTER/TOPIC/PARTITION</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Offset of the last message that was processed.</summary>
    public required long Position { get; init; }

    /// <summary>
    /// Messages by kind: <c>created</c>, <c>read</c>, <c>updated</c>, <c>rekeyed</c>, <c>deleted</c>, <c>tombstone</c>,
    /// <c>truncated</c>, <c>heartbeat</c>, <c>transaction</c>, <c>message</c>; of these also <c>repeated</c>, <c>refused</c>,
    /// <c>without_key</c> and <c>without_op</c>.
    /// </summary>
    public required IReadOnlyDictionary<string, long> Messages { get; init; }

    /// <summary>Whether messages are keyed by the user's id alone; null when that is not known.</summary>
    public bool? KeyedByUser { get; init; }

    /// <summary>Why the last refused row was refused.</summary>
    public string? LastError { get; init; }

    /// <summary>When that row was refused, UTC.</summary>
    public DateTime? LastErrorAt { get; init; }

    /// <summary>When the last message came, UTC.</summary>
    public required DateTime ChangedAt { get; init; }
}
