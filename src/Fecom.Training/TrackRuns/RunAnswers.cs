using System.ComponentModel.DataAnnotations;

namespace Fecom.Training.TrackRuns;

/// <summary>Trainings.</summary>
/// <param name="Runs">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record TrainingRunList(IReadOnlyList<TrainingRunAnswer> Runs, string? Next);

/// <summary>A training.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Job">The job that trained.</param>
/// <param name="State"><c>running</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC; null before.</param>
/// <param name="DurationSeconds">How long it took; null before its end.</param>
/// <param name="Progress">How far it is, or what came of it, for a person.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
/// <param name="Reason">Which drift or fall of live quality started it; null when its schedule, a load or a person did.</param>
/// <param name="Seed">Seed of its random choices: with the same data, parameters and code it gives the same model. Null where nothing is left to chance.</param>
/// <param name="CodeVersion">The release that trained; null for runs from before it was kept.</param>
/// <param name="DataFingerprint">Hash over all that it read: equal for two runs that read the same rows. Null before the data were read.</param>
/// <param name="Parameters">Its settings, by name, as text.</param>
/// <param name="Metrics">What was measured, by name.</param>
internal sealed record TrainingRunAnswer(
    long Id,
    string Job,
    [property: AllowedValues("running", "completed", "failed", "cancelled")] string State,
    DateTime StartedAt,
    DateTime? FinishedAt,
    double? DurationSeconds,
    string? Progress,
    string? Error,
    string? Reason,
    long? Seed,
    string? CodeVersion,
    string? DataFingerprint,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyDictionary<string, double> Metrics
);

/// <summary>A training with all that was recorded of it.</summary>
/// <param name="Run">What it is, its settings and its metrics.</param>
/// <param name="Series">What was measured step by step.</param>
/// <param name="Artifacts">The versions that it registered; none when its model was no better than what there was, byte for byte.</param>
/// <param name="Diagnostics">The new model's curves and tables; null where its kind of model has none.</param>
/// <param name="Mlflow">How it stands at MLflow; null for a run that is not told, since no MLflow was set when it began.</param>
internal sealed record TrainingRunDetails(
    TrainingRunAnswer Run,
    IReadOnlyList<SeriesAnswer> Series,
    IReadOnlyList<ArtifactAnswer> Artifacts,
    RunDiagnostics? Diagnostics,
    MlflowAnswer? Mlflow
);

/// <summary>A training at MLflow.</summary>
/// <param name="RunId">MLflow's id of it; null before it was told.</param>
/// <param name="ToldAt">When MLflow had all of it, UTC; null before.</param>
/// <param name="Refusal">Why MLflow did not take all of it; null otherwise.</param>
internal sealed record MlflowAnswer(string? RunId, DateTime? ToldAt, string? Refusal);

/// <summary>A metric by step.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Points">In the order of the steps.</param>
internal sealed record SeriesAnswer(string Name, IReadOnlyList<StepAnswer> Points);

/// <summary>A metric after a step.</summary>
/// <param name="Step">The step, from 1: a tree, where trees are grown.</param>
/// <param name="Value">The metric's value after it.</param>
internal sealed record StepAnswer(int Step, double Value);

/// <summary>A file that a run made.</summary>
/// <param name="Model">The model of which it is a version.</param>
/// <param name="Version">The version.</param>
/// <param name="Path">Where it lies, below the store of artifacts.</param>
/// <param name="Sha256">Its SHA-256, hexadecimal.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="RemovedAt">When it was removed, UTC; null while it is there.</param>
internal sealed record ArtifactAnswer(
    string Model,
    int Version,
    string Path,
    string Sha256,
    long SizeBytes,
    DateTime? RemovedAt
);

/// <summary>Trainings side by side.</summary>
/// <param name="Runs">The runs, in the order in which they were asked for.</param>
/// <param name="Parameters">Every parameter that one of them has.</param>
/// <param name="Metrics">Every metric that one of them has.</param>
internal sealed record RunComparison(
    IReadOnlyList<TrainingRunAnswer> Runs,
    IReadOnlyList<ComparedParameter> Parameters,
    IReadOnlyList<ComparedMetric> Metrics
)
{
    /// <summary>Lays runs side by side.</summary>
    public static RunComparison Of(IReadOnlyList<TrainingRunAnswer> runs) =>
        new(
            runs,
            [
                .. Names(runs, run => run.Parameters.Keys)
                    .Select(name =>
                        ComparedParameter.Of(name, [.. runs.Select(run => run.Parameters.GetValueOrDefault(name))])
                    ),
            ],
            [
                .. Names(runs, run => run.Metrics.Keys)
                    .Select(name => new ComparedMetric(
                        name,
                        [.. runs.Select(run => run.Metrics.TryGetValue(name, out double value) ? value : (double?)null)]
                    )),
            ]
        );

    private static IEnumerable<string> Names(
        IReadOnlyList<TrainingRunAnswer> runs,
        Func<TrainingRunAnswer, IEnumerable<string>> of
    ) => runs.SelectMany(of).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}

/// <summary>A parameter in several runs.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Values">Its value in each run, in their order; null where a run has none.</param>
/// <param name="Differs">Whether the runs have different values.</param>
internal sealed record ComparedParameter(string Name, IReadOnlyList<string?> Values, bool Differs)
{
    public static ComparedParameter Of(string name, IReadOnlyList<string?> values) =>
        new(name, values, values.Distinct(StringComparer.Ordinal).Skip(1).Any());
}

/// <summary>A metric in several runs.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Values">Its value in each run, in their order; null where a run has none.</param>
internal sealed record ComparedMetric(string Name, IReadOnlyList<double?> Values);
