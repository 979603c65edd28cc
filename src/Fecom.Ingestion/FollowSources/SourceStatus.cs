namespace Fecom.Ingestion.FollowSources;

/// <summary>Where a source stands.</summary>
internal sealed record SourceStatus
{
    /// <summary>Its name, as events carry it: <c>file:NAME@FINGERPRINT</c> or <c>api</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>file</c> or <c>api</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// Of a file: <c>waiting</c> for its first row, <c>loading</c>, <c>completed</c>, <c>refused</c> for its header,
    /// <c>failed</c>, or <c>replaced</c> by another file of its name. Of the API: <c>open</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Rows sent, malformed ones included.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that could not be read as their header announces; they are kept as invalid events.</summary>
    public required long Malformed { get; init; }

    /// <summary>Up to here every sink has everything: a line number, or the API's sequence number.</summary>
    public required long Position { get; init; }

    /// <summary>Bytes of the file read, as it lies on disk.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Over the last ten seconds, while it loads.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>At the present rate, while it loads.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>Events that are accepted and not yet through the pipeline.</summary>
    public long? Backlog { get; init; }

    public DateTime? StartedAt { get; init; }

    public DateTime? FinishedAt { get; init; }

    /// <summary>What a reader of the figures should know, such as a file that ends in the middle of a line.</summary>
    public string? Notice { get; init; }

    /// <summary>Why it waits or has stopped.</summary>
    public string? LastError { get; init; }
}

/// <summary>The sources of one kind.</summary>
internal interface ISourceCatalog
{
    Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken);
}
