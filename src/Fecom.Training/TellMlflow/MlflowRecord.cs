using System.Globalization;
using Fecom.Training.TrackRuns;

namespace Fecom.Training.TellMlflow;

/// <summary>A name and its value, as MLflow takes parameters and tags.</summary>
/// <param name="Key">The name.</param>
/// <param name="Value">The value.</param>
internal sealed record MlflowEntry(string Key, string Value);

/// <summary>A metric of MLflow's.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Timestamp">When, in milliseconds since 1970. The same at each attempt: MLflow drops what it has.</param>
/// <param name="Step">The step; 0 for a metric that has none.</param>
internal sealed record MlflowMetric(string Key, double Value, long Timestamp, int Step);

/// <summary>A finished training in MLflow's terms, within the limits that every MLflow server keeps.</summary>
internal static class MlflowRecord
{
    /// <summary>The tag by which a run is found again.</summary>
    public const string KeyTag = "fecom_run_key";

    /// <summary>Characters of a parameter; older servers take no more.</summary>
    private const int MaxParameter = 500;

    /// <summary>Characters of a tag.</summary>
    private const int MaxTag = 5_000;

    /// <summary>How MLflow calls the way in which a run ended.</summary>
    public static string StatusOf(TrainingRunAnswer run) =>
        run.State switch
        {
            "completed" => "FINISHED",
            "cancelled" => "KILLED",
            _ => "FAILED",
        };

    /// <summary>What it was trained with; the seed is among it where the training has one.</summary>
    public static IEnumerable<MlflowEntry> Parameters(TrainingRunAnswer run)
    {
        const string Seed = "seed";
        IEnumerable<KeyValuePair<string, string>> all =
            run.Seed is { } seed && !run.Parameters.ContainsKey(Seed)
                ? run.Parameters.Append(new(Seed, seed.ToString(CultureInfo.InvariantCulture)))
                : run.Parameters;
        return all.Select(parameter => new MlflowEntry(parameter.Key, Cut(parameter.Value, MaxParameter)));
    }

    /// <summary>The metrics at the end, and those by step.</summary>
    public static IEnumerable<MlflowMetric> Metrics(TrainingRunDetails details)
    {
        long at = Milliseconds(details.Run.FinishedAt!.Value);
        return details
            .Run.Metrics.Select(metric => new MlflowMetric(metric.Key, metric.Value, at, 0))
            .Concat(
                details.Series.SelectMany(series =>
                    series.Points.Select(point => new MlflowMetric(series.Name, point.Value, at, point.Step))
                )
            );
    }

    /// <summary>What else is known of it.</summary>
    public static IEnumerable<MlflowEntry> Tags(TrainingRunAnswer run)
    {
        (string Key, string? Value)[] tags =
        [
            ("mlflow.source.name", run.Job),
            ("mlflow.source.type", "JOB"),
            ("mlflow.note.content", run.Error ?? run.Progress),
            ("fecom_run_id", run.Id.ToString(CultureInfo.InvariantCulture)),
            ("fecom_job", run.Job),
            ("fecom_state", run.State),
            ("fecom_code_version", run.CodeVersion),
            ("fecom_data_fingerprint", run.DataFingerprint),
            ("fecom_reason", run.Reason),
            ("fecom_error", run.Error),
        ];
        return tags.Where(tag => !string.IsNullOrEmpty(tag.Value))
            .Select(tag => new MlflowEntry(tag.Key, Cut(tag.Value!, MaxTag)));
    }

    public static long Milliseconds(DateTime utc) =>
        new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)).ToUnixTimeMilliseconds();

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
