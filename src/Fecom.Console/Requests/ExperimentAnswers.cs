namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on experiments answer.</summary>
internal static class ExperimentAnswers
{
    internal sealed record VersionList(IReadOnlyList<Version> Experiments);

    internal sealed record Version(
        string Name,
        [property: System.Text.Json.Serialization.JsonPropertyName("version")] int Number,
        string State,
        DateTimeOffset ChangedAt,
        string ChangedBy,
        string Reason,
        IReadOnlyList<string> StoppedVariants,
        Definition Definition
    )
    {
        /// <summary>Whether no person made it.</summary>
        public bool IsByGuard => ChangedBy == "the guard";
    }

    internal sealed record Definition(
        IReadOnlyList<Variant> Variants,
        IReadOnlyList<string>? Places,
        string Unit,
        double TrafficShare,
        Guard? Guard
    );

    internal sealed record Variant(
        string Name,
        double Share,
        int? ModelVersion,
        int? RulesVersion,
        IReadOnlyDictionary<string, double>? SourceWeights
    );

    internal sealed record Guard(string Metric, double Error, int MinUnits);

    internal sealed record Results(IReadOnlyList<Shown> Variants, double? SampleRatioPValue, bool SampleRatioMismatch);

    internal sealed record Shown(
        string Name,
        bool Stopped,
        long Units,
        long Sessions,
        long Impressions,
        long Clicks,
        long Purchases,
        double Revenue,
        IReadOnlyDictionary<string, Metric> Metrics
    );

    internal sealed record Metric(
        double? Value,
        double? Low,
        double? High,
        double? Difference,
        double? DifferenceLow,
        double? DifferenceHigh,
        double? SequentialLow,
        double? SequentialHigh
    );
}
