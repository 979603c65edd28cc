using System.Text.Json.Serialization;

namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on models and trainings answer.</summary>
internal static class ModelAnswers
{
    internal sealed record ModelList(IReadOnlyList<Model> Models);

    internal sealed record Model(string Name, int? NewestVersion, string? NewestDecision, IReadOnlyList<Alias> Aliases);

    internal sealed record Alias([property: JsonPropertyName("alias")] string Name, int Version, DateTime ChangedAt);

    internal sealed record VersionList(IReadOnlyList<Version> Versions);

    internal sealed record Version(
        [property: JsonPropertyName("version")] int Number,
        string Algorithm,
        bool CanBeLoaded,
        long? RunId,
        DateTime CreatedAt,
        long? SizeBytes,
        DateTime? ArtifactRemovedAt,
        string? Decision,
        IReadOnlyList<Gate>? Gates,
        string? Description,
        IReadOnlyList<string>? Notes,
        IReadOnlyList<string> Aliases
    );

    internal sealed record Gate([property: JsonPropertyName("gate")] string Name, bool Passed, string Detail);

    internal sealed record Pointed(string Model, string Alias, int Version);

    internal sealed record ChangeList(IReadOnlyList<Change> Changes);

    internal sealed record Change(
        long Promotion,
        int Version,
        DateTime ChangedAt,
        string MovedBy,
        string? Reason,
        bool IsRollback
    );

    internal sealed record RunList(IReadOnlyList<Run> Runs);

    internal sealed record Run(
        long Id,
        string Job,
        string State,
        DateTime StartedAt,
        DateTime? FinishedAt,
        double? DurationSeconds,
        string? Progress,
        string? Error,
        string? Reason,
        IReadOnlyDictionary<string, string> Parameters,
        IReadOnlyDictionary<string, double> Metrics
    );

    internal sealed record RunDetails(Run Run, IReadOnlyList<Series> Series, Diagnostics? Diagnostics);

    internal sealed record Series(string Name, IReadOnlyList<Step> Points);

    internal sealed record Step([property: JsonPropertyName("step")] double Number, double Value);

    internal sealed record Diagnostics(
        IReadOnlyList<Importance>? FeatureImportance,
        IReadOnlyList<Contribution>? Contributions,
        IReadOnlyList<Reliability>? Reliability,
        IReadOnlyList<PrecisionRecall>? PrecisionRecall
    );

    internal sealed record Importance(string Feature, double PrAucLoss);

    internal sealed record Contribution(string Feature, double Mean, double MeanAbsolute);

    internal sealed record Reliability(double Lower, long Count, double? MeanProbability, double? Rate);

    internal sealed record PrecisionRecall(double Threshold, double Precision, double Recall);
}
