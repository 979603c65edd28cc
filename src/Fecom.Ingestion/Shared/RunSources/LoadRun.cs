namespace Fecom.Ingestion.Shared.RunSources;

/// <summary>A load that somebody asked for.</summary>
internal sealed record LoadRun
{
    /// <summary>The error of a run for which there was nothing to load.</summary>
    public const string NoFile = "There is no file for this source.";

    public required Guid Id { get; init; }

    /// <summary>The source, <c>file</c> for all behaviour files, or <c>fecom</c> for all tables.</summary>
    public required string Source { get; init; }

    /// <summary><c>requested</c>, <c>running</c>, <c>completed</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    public required DateTime RequestedAt { get; init; }

    public DateTime? StartedAt { get; init; }

    public DateTime? FinishedAt { get; init; }

    /// <summary>Rows that this run has sent.</summary>
    public long Rows { get; init; }

    public string? Error { get; init; }
}
