using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>A row's difference between two snapshots of a Fecom table: created, updated or deleted.</summary>
/// <remarks>
/// On <c>fecom.cdc.TABLE</c>, keyed by the values of the table's key with <c>/</c> between them. A change that is sent twice has
/// the same origin: its source is <c>fecom:TABLE</c>, its position ascends from snapshot to snapshot.
/// </remarks>
public sealed record RowChange
{
    /// <summary><c>c</c> for a created row, <c>u</c> for an updated one, <c>d</c> for a deleted one.</summary>
    public required string Op { get; init; }

    /// <summary>
    /// The row as it was: an object with every column of the table, in lower case (<see cref="FecomColumn.Name"/>). Numbers are
    /// JSON numbers, whatever their decimal mark was; a value that should be a number and is not is a string; an empty one is null. Null for a created row.
    /// </summary>
    public JsonElement? Before { get; init; }

    /// <summary>The row as it is now, in the same form. Null for a deleted row.</summary>
    public JsonElement? After { get; init; }

    /// <summary>The file and snapshot in which the change was found.</summary>
    public required RowChangeSource Source { get; init; }
}

/// <summary>Where a row's change was found.</summary>
public sealed record RowChangeSource
{
    /// <summary>Name of the file that differs from the last snapshot.</summary>
    public required string File { get; init; }

    /// <summary>The row's line there, the header's being 1; null for a deleted row.</summary>
    public long? Line { get; init; }

    /// <summary>Number of the snapshot that this file became, from 1 for each table.</summary>
    public required long Snapshot { get; init; }

    /// <summary>When the file was read, UTC.</summary>
    public required DateTime Ts { get; init; }
}
