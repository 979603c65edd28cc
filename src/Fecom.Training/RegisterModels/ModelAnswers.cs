namespace Fecom.Training.RegisterModels;

/// <summary>Registered models.</summary>
internal sealed record ModelList(IReadOnlyList<ModelAnswer> Models);

/// <summary>A model and what its aliases stand for.</summary>
internal sealed record ModelAnswer(string Name, DateTime CreatedAt, int? NewestVersion, IReadOnlyList<AliasAnswer> Aliases);

/// <summary>What an alias stands for, since when.</summary>
internal sealed record AliasAnswer(string Alias, int Version, DateTime ChangedAt);

/// <summary>A model's versions, newest first.</summary>
internal sealed record VersionList(string Model, IReadOnlyList<VersionAnswer> Versions);

/// <summary>A version, the run it came from and how good it was there. One whose artifact was removed cannot serve any more.</summary>
internal sealed record VersionAnswer(
    int Version,
    long RunId,
    DateTime CreatedAt,
    string Sha256,
    long SizeBytes,
    DateTime? ArtifactRemovedAt,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Aliases,
    IReadOnlyDictionary<string, double> Metrics
);

/// <summary>Which version an alias shall stand for.</summary>
/// <param name="Version">A registered version.</param>
/// <param name="Reason">Why, for the record; may be left out.</param>
internal sealed record PointAlias(int? Version, string? Reason);

/// <summary>What an alias stands for now.</summary>
internal sealed record PointedAlias(string Model, string Alias, int Version);
