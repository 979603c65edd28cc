namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>A snapshot's metadata, at the end of its file.</summary>
internal sealed record SnapshotInfo
{
    /// <summary>Of the file's layout; another one cannot be read.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    public required string Table { get; init; }

    /// <summary>Counts the table's snapshots from 1.</summary>
    public required long Number { get; init; }

    /// <summary>Position of the last change before it; its own follow without a gap.</summary>
    public required long BasePosition { get; init; }

    /// <summary>The input file that it was made from.</summary>
    public required string FileName { get; init; }

    public required long FileSize { get; init; }

    public required DateTime FileModifiedAt { get; init; }

    /// <summary>When that was read, UTC.</summary>
    public required DateTime TakenAt { get; init; }

    /// <summary>Records read, of whatever kind.</summary>
    public long Records { get; init; }

    /// <summary>What a reader of the figures should know.</summary>
    public string? Notice { get; init; }

    public Findings Findings { get; init; } = new();
}
