using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>What two snapshots of a Fecom table say of one row: it is new, changed or gone.</summary>
/// <remarks>
/// On <c>fecom.cdc.TABLE</c>, keyed by the values of the table's key with <c>/</c> between them. Of a row that is sent again
/// the origin is the same: its source is <c>fecom:TABLE</c>, its position ascends from snapshot to snapshot.
/// </remarks>
public sealed record RowChange
{
    /// <summary><c>c</c> for a new row, <c>u</c> for a changed one, <c>d</c> for one that is gone.</summary>
    public required string Op { get; init; }

    /// <summary>
    /// The row as it was: an object with every column of the table, in lower case (<see cref="FecomColumn.Name"/>). Numbers are
    /// JSON numbers, whatever their decimal mark was; what should be a number and is none, is a string; empty is null. Null of a new row.
    /// </summary>
    public JsonElement? Before { get; init; }

    /// <summary>The row as it is, in the same form. Null of a row that is gone.</summary>
    public JsonElement? After { get; init; }

    /// <summary>What said so.</summary>
    public required RowChangeSource Source { get; init; }
}

/// <summary>Where a row's change was seen.</summary>
public sealed record RowChangeSource
{
    /// <summary>Name of the file that differs from the last snapshot.</summary>
    public required string File { get; init; }

    /// <summary>The row's line there, the header's being 1; null of a row that is gone.</summary>
    public long? Line { get; init; }

    /// <summary>Number of the snapshot that this file became, from 1 for each table.</summary>
    public required long Snapshot { get; init; }

    /// <summary>When the file was read, UTC.</summary>
    public required DateTime Ts { get; init; }
}
