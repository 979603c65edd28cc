namespace Fecom.Warehouse.PublishGold;

/// <summary>What goes to the cloud warehouse at once.</summary>
internal sealed record CloudBatch
{
    /// <summary>Its number, ascending.</summary>
    public required long Number { get; init; }

    /// <summary>Its name at the target.</summary>
    public required Guid Id { get; init; }

    /// <summary>This database's name at the target.</summary>
    public required Guid Source { get; init; }

    /// <summary>The batch that was published before; null when gold goes there whole.</summary>
    public long? BeforeNumber { get; init; }

    /// <summary>The name of that batch.</summary>
    public Guid? BeforeId { get; init; }

    /// <summary>Tables that go whole, in place of what is there.</summary>
    public required string[] Whole { get; init; }

    /// <summary>Tables of which it has something, those that go whole among them.</summary>
    public required string[] Tables { get; init; }

    public bool IsWhole(CloudTable table) => Whole.Contains(table.Name);
}

/// <summary>What was published.</summary>
/// <param name="Rows">Rows that were brought.</param>
/// <param name="Deletions">Rows that were deleted.</param>
internal readonly record struct CloudCounts(long Rows, long Deletions)
{
    public static CloudCounts operator +(CloudCounts one, CloudCounts other) =>
        new(one.Rows + other.Rows, one.Deletions + other.Deletions);
}
