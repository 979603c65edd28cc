using Fecom.Learning.Purchase;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;

namespace Fecom.Training.TrackRuns;

/// <summary>A training under way: the record of what it learns, in a run of its job.</summary>
internal sealed class TrainingRun(long id, JobRun job, RunLog runs)
{
    public long Id => id;

    /// <summary>Reports progress without waiting: see <see cref="JobRun.Report"/>.</summary>
    public void Report(string progress, double? share = null) => job.Report(progress, share);

    /// <summary>Reports progress, and waits until it is written, in the training's record too.</summary>
    public async Task ReportAsync(string progress, CancellationToken cancellationToken)
    {
        await job.ReportAsync(progress, share: null, cancellationToken);
        await runs.ReportAsync(id, progress, cancellationToken);
    }

    /// <summary>Records which data were read, and how many.</summary>
    public async Task DescribeDataAsync(ReadProgress read, CancellationToken cancellationToken)
    {
        await runs.DescribeDataAsync(id, read.Fingerprint!, cancellationToken);
        await runs.MeasureAsync(id, read.AsMetric, cancellationToken);
    }

    public Task MeasureAsync(IReadOnlyDictionary<string, double> metrics, CancellationToken cancellationToken) =>
        runs.MeasureAsync(id, metrics, cancellationToken);

    /// <summary>Records what was measured after each step, from step 1 on.</summary>
    public Task MeasureStepsAsync(string name, IReadOnlyList<double> values, CancellationToken cancellationToken) =>
        runs.MeasureStepsAsync(id, name, values, cancellationToken);

    /// <summary>Records how the features of what is learned from are spread, for drift to be seen.</summary>
    public Task ProfileAsync(IReadOnlyList<FeatureProfile> profiles, CancellationToken cancellationToken) =>
        runs.ProfileAsync(id, profiles, cancellationToken);

    public Task DiagnoseAsync(RunDiagnostics diagnostics, CancellationToken cancellationToken) =>
        runs.DiagnoseAsync(id, diagnostics, cancellationToken);
}
