using NpgsqlTypes;

namespace Fecom.Ingestion.PostgresCapture;

internal static class CaptureStates
{
    public const string Snapshot = "snapshot";
    public const string Sending = "sending";
    public const string Streaming = "streaming";
}

/// <summary>A row of <c>ingestion.capture</c>: one generation of a captured table and its position.</summary>
internal sealed record CaptureState
{
    public required string TableName { get; init; }

    public required int Generation { get; init; }

    public required string Source { get; init; }

    public required string SystemId { get; init; }

    public required string DatabaseName { get; init; }

    public required string Slot { get; init; }

    public required string State { get; init; }

    /// <summary>The LSN from which changes continue, in PostgreSQL's notation.</summary>
    public string? Lsn { get; init; }

    /// <summary>Of the last row or change that every sink has.</summary>
    public long Position { get; init; }

    public long SnapshotRows { get; init; }

    public long Created { get; init; }

    public long Updated { get; init; }

    public long Deleted { get; init; }

    public long Truncated { get; init; }

    public required DateTime StartedAt { get; init; }

    public string? LastError { get; init; }

    /// <summary><see cref="PublicationState.Identity"/> of what the changes come from; null when it was begun before that was noted.</summary>
    public string? Published { get; init; }

    public CaptureMark Mark =>
        new(
            NpgsqlLogSequenceNumber.Parse(Lsn ?? "0/0"),
            Position,
            new CapturedCounts(Created, Updated, Deleted, Truncated)
        );

    /// <summary>Whether this speaks of that database.</summary>
    public bool IsOf(SourceServer server) => (SystemId, DatabaseName) == (server.SystemId, server.Database);
}

/// <summary>A point between two transactions of the source, with what was taken before it.</summary>
/// <param name="Lsn">The LSN from which changes continue.</param>
/// <param name="Position">Position of the last change before it.</param>
/// <param name="Counts">Changes before it, by kind.</param>
internal sealed record CaptureMark(NpgsqlLogSequenceNumber Lsn, long Position, CapturedCounts Counts);

/// <summary>Changes by kind, those of the snapshot aside.</summary>
internal sealed record CapturedCounts(long Created, long Updated, long Deleted, long Truncated);
