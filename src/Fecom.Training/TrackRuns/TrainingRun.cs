using Microsoft.Extensions.Logging;

namespace Fecom.Training.TrackRuns;

/// <summary>A run under way: says how far it is, in the log and in its row.</summary>
internal sealed partial class TrainingRun(long id, string job, RunLog runs, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private long _lastReport;
    private Task _writing = Task.CompletedTask;

    public long Id => id;

    /// <summary>Says how far the run is; at most once a second is written, and never waited for.</summary>
    public void Report(string progress)
    {
        lock (_turn)
        {
            if (_writing.IsCompleted && (_lastReport == 0 || time.GetElapsedTime(_lastReport) >= Interval))
            {
                _lastReport = time.GetTimestamp();
                LogProgress(job, id, progress);
                _writing = WriteAsync(progress);
            }
        }
    }

    /// <summary>Says how far the run is, in any case.</summary>
    public async Task ReportAsync(string progress, CancellationToken cancellationToken)
    {
        LogProgress(job, id, progress);
        await runs.ReportAsync(id, progress, cancellationToken);
    }

    public Task MeasureAsync(IReadOnlyDictionary<string, double> metrics, CancellationToken cancellationToken) =>
        runs.MeasureAsync(id, metrics, cancellationToken);

    /// <summary>Completes when the last progress is written.</summary>
    public Task FlushAsync()
    {
        lock (_turn)
        {
            return _writing;
        }
    }

    private async Task WriteAsync(string progress)
    {
        try
        {
            await runs.ReportAsync(id, progress, CancellationToken.None);
        }
        catch (Npgsql.NpgsqlException e)
        {
            LogNotWritten(id, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Job}, run {Run}: {Progress}")]
    private partial void LogProgress(string job, long run, string progress);

    [LoggerMessage(LogLevel.Warning, "The progress of run {Run} was not written: {Reason}")]
    private partial void LogNotWritten(long run, string reason);
}
