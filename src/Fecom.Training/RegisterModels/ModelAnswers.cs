using System.ComponentModel.DataAnnotations;

namespace Fecom.Training.RegisterModels;

/// <summary>Registered models.</summary>
/// <param name="Models">In the order of their names.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record ModelList(IReadOnlyList<ModelAnswer> Models, string? Next);

/// <summary>A model and what its aliases stand for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When its first version was registered, UTC.</param>
/// <param name="NewestVersion">Its newest version; null while it has none.</param>
/// <param name="NewestDecision">What became of the newest version: <c>promoted</c> (it is the champion, or was), <c>refused</c> at a gate, <c>waiting</c> for approval; null for one from before it was kept.</param>
/// <param name="NewestReason">Why: the figures of the gates that decided it.</param>
/// <param name="Aliases">What each alias stands for.</param>
internal sealed record ModelAnswer(
    string Name,
    DateTime CreatedAt,
    int? NewestVersion,
    [property: AllowedValues("promoted", "refused", "waiting", null)] string? NewestDecision,
    string? NewestReason,
    IReadOnlyList<AliasAnswer> Aliases
);

/// <summary>What an alias stands for, since when.</summary>
/// <param name="Alias">The alias; <c>champion</c> is the version that serves, <c>challenger</c> one that waits for approval.</param>
/// <param name="Version">The version.</param>
/// <param name="ChangedAt">Since when, UTC.</param>
internal sealed record AliasAnswer(string Alias, int Version, DateTime ChangedAt);

/// <summary>A model's versions.</summary>
/// <param name="Model">The model.</param>
/// <param name="Versions">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record VersionList(string Model, IReadOnlyList<VersionAnswer> Versions, string? Next);

/// <summary>A version, the run it came from and how good it was there. One whose artifact was removed cannot serve any more.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Algorithm">What it predicts with, where its kind of model has several ways: of purchases <c>lightgbm</c>, <c>logistic_regression</c> or <c>base_rate</c>, of recommendations <c>ranked_candidates</c> or <c>co_visitation</c>.</param>
/// <param name="CanBeLoaded">False when another release wrote it in a format that this one does not read; a new training makes one that it does.</param>
/// <param name="RunId">The run that trained it.</param>
/// <param name="StudyId">The study whose best parameters it was trained with; null for the parameters that come with the release.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="Sha256">Of the artifact.</param>
/// <param name="SizeBytes">Of the artifact.</param>
/// <param name="ArtifactRemovedAt">When its artifact was removed; null while it is there.</param>
/// <param name="Decision">What became of it: <c>promoted</c> (it is the champion, or was), <c>refused</c> at a gate, <c>waiting</c> for approval; null for one from before it was kept.</param>
/// <param name="Gates">The gates that it was asked at, with the figures; none for one from before they were kept.</param>
/// <param name="Description">What it is, for people; empty when nobody has said.</param>
/// <param name="Notes">What whoever asks it must know, a sentence each.</param>
/// <param name="Aliases">What stands for it.</param>
/// <param name="Metrics">How good it was on data that it had not seen.</param>
internal sealed record VersionAnswer(
    int Version,
    [property: AllowedValues(
        "lightgbm",
        "logistic_regression",
        "base_rate",
        "ranked_candidates",
        "co_visitation",
        null
    )]
        string? Algorithm,
    bool CanBeLoaded,
    long RunId,
    long? StudyId,
    DateTime CreatedAt,
    string Sha256,
    long SizeBytes,
    DateTime? ArtifactRemovedAt,
    [property: AllowedValues("promoted", "refused", "waiting", null)] string? Decision,
    IReadOnlyList<GateCheck> Gates,
    string Description,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Aliases,
    IReadOnlyDictionary<string, double> Metrics
);

/// <summary>A version with what goes into it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version.</param>
/// <param name="Inputs">What it predicts from; empty for one from before it was kept.</param>
internal sealed record VersionDetailsAnswer(string Model, VersionAnswer Version, IReadOnlyList<ModelInput> Inputs);

/// <summary>What a version is.</summary>
/// <param name="Description">For people, at most 2,000 characters; empty takes the former one away.</param>
internal sealed record DescribeVersion(
    [property: Required(AllowEmptyStrings = true), MaxLength(2_000)] string? Description
);

/// <summary>Which version an alias shall stand for.</summary>
/// <param name="Version">A registered version.</param>
/// <param name="Reason">Why, for the record; may be left out.</param>
internal sealed record PointAlias([property: Required, Range(1, int.MaxValue)] int? Version, string? Reason);

/// <summary>What an alias stands for now.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Version">The version.</param>
internal sealed record PointedAlias(string Model, string Alias, int Version);
