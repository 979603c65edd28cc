namespace Fecom.Validation.ReadEvents;

/// <summary>The kind of a message on a change topic. Only the first three are events.</summary>
internal enum ChangeKind : byte
{
    /// <summary>An event, not a change.</summary>
    None,

    /// <summary>A new row; also an unwrapped row without its operation.</summary>
    Created,

    /// <summary>A row that a snapshot found.</summary>
    Read,

    /// <summary>A row that was changed.</summary>
    Updated,

    /// <summary>A row whose primary key was changed: Debezium removes it and creates it again under the new key.</summary>
    Rekeyed,

    /// <summary>A row that was removed.</summary>
    Deleted,

    /// <summary>The message without content that follows a deleted row, so that a compacted topic drops the key.</summary>
    Tombstone,

    /// <summary>A table that was emptied.</summary>
    Truncated,

    /// <summary>A connector's heartbeat.</summary>
    Heartbeat,

    /// <summary>Where a transaction begins or ends.</summary>
    Transaction,

    /// <summary>A message that was written into the WAL with <c>pg_logical_emit_message</c>.</summary>
    Message,
}

/// <summary>The headers that say what happened to a row.</summary>
/// <param name="Op">The operation, of Debezium's <c>add.headers=op</c>; null when there is none.</param>
/// <param name="IsRekeyed">Whether the row had another key before: <c>__debezium.oldkey</c>.</param>
internal readonly record struct ChangeHeaders(string? Op, bool IsRekeyed);
