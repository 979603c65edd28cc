using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>A run under way.</summary>
public sealed partial class JobRun
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly RunTable _runs;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _turn = new();
    private long _lastReport;
    private Task _writing = Task.CompletedTask;

    internal JobRun(long id, string job, bool onlyIfNeeded, RunTable runs, TimeProvider time, ILogger logger)
    {
        Id = id;
        Job = job;
        OnlyIfNeeded = onlyIfNeeded;
        _runs = runs;
        _time = time;
        _logger = logger;
    }

    /// <summary>What a run says of the host that it is on: the machine and the process.</summary>
    public static string ThisHost { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{Environment.ProcessId}");

    /// <summary>Its number, the same on whichever host it runs.</summary>
    public long Id { get; }

    /// <summary>The job's name.</summary>
    public string Job { get; }

    /// <summary>Whether the run may end without doing anything when there is nothing to do.</summary>
    public bool OnlyIfNeeded { get; }

    /// <summary>Reports progress. Written in the background, at most once a second.</summary>
    /// <param name="progress">For a person: "read 120,000 of 1,000,000 events".</param>
    /// <param name="share">The share that is done, 0 to 1; null when it is not known.</param>
    public void Report(string progress, double? share = null)
    {
        lock (_turn)
        {
            if (_writing.IsCompleted && (_lastReport == 0 || _time.GetElapsedTime(_lastReport) >= Interval))
            {
                _lastReport = _time.GetTimestamp();
                LogProgress(Job, Id, progress);
                _writing = WriteAsync(progress, share);
            }
        }
    }

    /// <summary>Reports progress and waits until it is written.</summary>
    /// <param name="progress">For a person.</param>
    /// <param name="share">The share that is done, 0 to 1; null when it is not known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReportAsync(string progress, double? share, CancellationToken cancellationToken)
    {
        await FlushAsync();
        LogProgress(Job, Id, progress);
        await _runs.ReportAsync(Id, progress, share, cancellationToken);
    }

    /// <summary>Completes when the last progress is written.</summary>
    internal Task FlushAsync()
    {
        lock (_turn)
        {
            return _writing;
        }
    }

    private async Task WriteAsync(string progress, double? share)
    {
        try
        {
            await _runs.ReportAsync(Id, progress, share, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            LogNotWritten(Job, Id, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Job}, run {Run}: {Progress}")]
    private partial void LogProgress(string job, long run, string progress);

    [LoggerMessage(LogLevel.Warning, "{Job}, run {Run}: its progress was not written: {Reason}")]
    private partial void LogNotWritten(string job, long run, string reason);
}
