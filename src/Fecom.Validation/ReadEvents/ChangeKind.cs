namespace Fecom.Validation.ReadEvents;

/// <summary>What a message of a change topic tells. Only the first three are events.</summary>
internal enum ChangeKind : byte
{
    /// <summary>An event, not a change.</summary>
    None,

    /// <summary>A new row; also an unwrapped row that does not say what happened to it.</summary>
    Created,

    /// <summary>A row that a snapshot found.</summary>
    Read,

    /// <summary>A row that was changed.</summary>
    Updated,

    /// <summary>A row whose primary key was changed: Debezium removes it and creates it again under the new key.</summary>
    Rekeyed,

    /// <summary>A row that was removed.</summary>
    Deleted,

    /// <summary>What follows a removed row, so that a compacted topic forgets it.</summary>
    Tombstone,

    /// <summary>A table that was emptied.</summary>
    Truncated,

    /// <summary>A connector's sign of life.</summary>
    Heartbeat,

    /// <summary>Where a transaction begins or ends.</summary>
    Transaction,

    /// <summary>What somebody wrote into the WAL (<c>pg_logical_emit_message</c>).</summary>
    Message,
}

/// <summary>The headers that say what happened to a row.</summary>
/// <param name="Op">The operation, of Debezium's <c>add.headers=op</c>; null when there is none.</param>
/// <param name="IsRekeyed">Whether the row had another key before: <c>__debezium.oldkey</c>.</param>
internal readonly record struct ChangeHeaders(string? Op, bool IsRekeyed);
