using System.ComponentModel.DataAnnotations;

namespace Fecom.Ingestion.Shared.RunSources;

/// <summary>A load that somebody asked for.</summary>
internal sealed record LoadRun
{
    /// <summary>The error of a run for which there was nothing to load.</summary>
    public const string NoFile = "There is no file for this source.";

    /// <summary>Its number.</summary>
    public required Guid Id { get; init; }

    /// <summary>The source, <c>file</c> for all behaviour files, or <c>fecom</c> for all tables.</summary>
    public required string Source { get; init; }

    /// <summary><c>waiting</c>, <c>running</c>, <c>completed</c> or <c>failed</c>.</summary>
    [AllowedValues("waiting", "running", "completed", "failed")]
    public required string State { get; init; }

    /// <summary>When it was asked for, UTC.</summary>
    public required DateTime RequestedAt { get; init; }

    /// <summary>When a host took it, UTC; null while none has.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When it had ended, UTC; null before.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>Rows that this run has sent.</summary>
    public long Rows { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }
}
