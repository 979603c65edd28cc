namespace Fecom.Warehouse.LoadChanges;

/// <summary>A row's change as bronze keeps it.</summary>
internal sealed record TableChange
{
    /// <summary>The same wherever the change is sent again.</summary>
    public required Guid Id { get; init; }

    /// <summary>The values of the row's key, with a slash between them.</summary>
    public required string Key { get; init; }

    /// <summary><c>c</c>, <c>u</c> or <c>d</c>.</summary>
    public required string Op { get; init; }

    /// <summary>The row as it was, JSON in UTF-8; null of a created one.</summary>
    public byte[]? Before { get; init; }

    /// <summary>The row as it is, JSON in UTF-8; null of a deleted one.</summary>
    public byte[]? After { get; init; }

    /// <summary>When the file was read in which the change was found, UTC.</summary>
    public required DateTime ChangedAt { get; init; }

    /// <summary>Number of the table's snapshot.</summary>
    public required long Snapshot { get; init; }

    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>The row's line there; null of a deleted one.</summary>
    public long? Line { get; init; }

    /// <summary>The persons whom it is about, as they were and are.</summary>
    public required IReadOnlyList<string> Users { get; init; }

    /// <summary>Keys of the customer and the order that it is about; see <see cref="ForgottenRows"/>.</summary>
    public required IReadOnlyList<string> Owners { get; init; }
}
