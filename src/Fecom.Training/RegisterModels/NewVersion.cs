namespace Fecom.Training.RegisterModels;

/// <summary>A model to register.</summary>
internal sealed record NewVersion
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The run that made it.</summary>
    public required long Run { get; init; }

    /// <summary>The study whose best parameters it was trained with; null where there was none.</summary>
    public long? Study { get; init; }

    /// <summary>The model as bytes.</summary>
    public required byte[] Artifact { get; init; }

    /// <summary>Reads the artifact as serving does; throws when it cannot.</summary>
    public required Func<ReadOnlyMemory<byte>, object> Read { get; init; }

    /// <summary>Hash over the data it learned from, the settings and the code.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>What whoever asks it must know of it, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether it is worse than it should be, as its notes say.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>How it did at its gates.</summary>
    public required GateVerdict Verdict { get; init; }

    /// <summary>What the run says beside the notes; null when that is nothing.</summary>
    public string? Remark { get; init; }
}

/// <summary>What an alias stands for, and what whoever asks it must know.</summary>
internal sealed record PromotedVersion(
    string Model,
    int Version,
    string ArtifactPath,
    string Sha256,
    long Promotion,
    DateTime PromotedAt,
    IReadOnlyList<string> Notes,
    bool IsDegraded
);

/// <summary>Whether an alias was pointed.</summary>
internal enum PointResult
{
    Pointed,
    NoSuchVersion,

    /// <summary>The version's row is there, its file was removed since newer ones came.</summary>
    ArtifactRemoved,

    /// <summary>The version cannot be read back from the store, or does not answer: see <see cref="PointOutcome.Fault"/>.</summary>
    CannotServe,
}

/// <summary>What came of pointing an alias.</summary>
/// <param name="Result">Whether it was pointed.</param>
/// <param name="Fault">Why the version cannot serve; null unless it cannot.</param>
internal sealed record PointOutcome(PointResult Result, string? Fault = null);

/// <summary>A change of an alias.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Version">What it shall stand for.</param>
/// <param name="MovedBy">Who or what moves it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Restores">The number of the change that a rollback goes back to; null for what is no rollback.</param>
internal sealed record AliasMove(
    string Model,
    string Alias,
    int Version,
    string MovedBy,
    string Reason,
    long? Restores = null
);
