using Fecom.Platform.Jobs;

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

    public Task MeasureAsync(IReadOnlyDictionary<string, double> metrics, CancellationToken cancellationToken) =>
        runs.MeasureAsync(id, metrics, cancellationToken);
}
