using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>A row of <c>ingestion.file_load</c>: one source and its position.</summary>
internal sealed record FileLoad
{
    public required Guid Id { get; init; }

    public required string Source { get; init; }

    public required string FileName { get; init; }

    public string Fingerprint { get; init; } = string.Empty;

    public int Generation { get; init; }

    public required string State { get; init; }

    public required long Size { get; init; }

    public required DateTime ModifiedAt { get; init; }

    public long NextLine { get; init; } = 1;

    public long NextOffset { get; init; }

    public byte[] TailHash { get; init; } = [];

    public long Rows { get; init; }

    public long Malformed { get; init; }

    public long BytesRead { get; init; }

    public bool LastLineSent { get; init; }

    public required DateTime StartedAt { get; init; }

    public DateTime? FinishedAt { get; init; }

    public string? Notice { get; init; }

    public string? LastError { get; init; }

    /// <summary>When the file was first found missing; null while it exists.</summary>
    public DateTime? MissingSince { get; init; }

    public LoadPosition Position => new(new CsvPosition(NextOffset, NextLine), TailHash, Rows, Malformed, BytesRead);
}

/// <summary>A place in a file, and what lies before it.</summary>
/// <param name="Next">Start of the next row.</param>
/// <param name="TailHash">Hash of the bytes just before it, by which a resumed load recognises the file.</param>
/// <param name="Rows">Rows before it, malformed ones included.</param>
/// <param name="Malformed">Malformed rows before it.</param>
/// <param name="BytesRead">Bytes of the file, as it lies on disk, up to it.</param>
internal sealed record LoadPosition(CsvPosition Next, byte[] TailHash, long Rows, long Malformed, long BytesRead);

internal static class LoadStates
{
    /// <summary>It has no whole row, and somebody may be writing to it.</summary>
    public const string Waiting = "waiting";

    /// <summary>It has no whole row, and nobody writes to it: nothing is under way.</summary>
    public const string Idle = "idle";

    /// <summary>The file was removed from the folder.</summary>
    public const string Missing = "missing";

    public const string Loading = "loading";
    public const string Completed = "completed";
    public const string Refused = "refused";
    public const string Failed = "failed";
}
