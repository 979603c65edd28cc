using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.Shared.FollowSources;

/// <summary>The progress of a load on this host, for status calls; why it waits is logged at each change, and shown in health.</summary>
internal sealed partial class SourceProgress(
    string source,
    long rows,
    long bytes,
    Supervision supervision,
    TimeProvider time,
    ILogger logger
)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<(long Timestamp, long Rows, long Bytes)> _samples = new([
        (time.GetTimestamp(), rows, bytes),
    ]);
    private string? _sendError;
    private string? _storeError;

    public string Source => source;

    public long Rows { get; private set; } = rows;

    public long Bytes { get; private set; } = bytes;

    public string? LastError => _sendError ?? _storeError;

    /// <summary>Rows and bytes a second over the last ten seconds.</summary>
    public (double Rows, double Bytes) Rate
    {
        get
        {
            lock (_gate)
            {
                (long timestamp, long firstRows, long firstBytes) = _samples.Peek();
                double seconds = Math.Max(time.GetElapsedTime(timestamp).TotalSeconds, 0.001);
                return ((Rows - firstRows) / seconds, (Bytes - firstBytes) / seconds);
            }
        }
    }

    public void Moved(long toRows, long toBytes)
    {
        lock (_gate)
        {
            (Rows, Bytes) = (toRows, toBytes);
            _samples.Enqueue((time.GetTimestamp(), toRows, toBytes));
            while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Timestamp) > Window)
            {
                _samples.Dequeue();
            }
        }
    }

    /// <summary>Why rows are not being sent; null when they are.</summary>
    public void ReportSending(string? error) => Report(ref _sendError, error);

    /// <summary>Why what was sent is not being recorded; null when it is.</summary>
    public void ReportStoring(string? error) => Report(ref _storeError, error);

    /// <summary>The load has ended, whatever its outcome.</summary>
    public void End() => supervision.Report(Source, null);

    private void Report(ref string? error, string? now)
    {
        if (error == now)
        {
            return;
        }

        error = now;
        supervision.Report(Source, LastError);
        if (now is null)
        {
            LogGoesOn(Source);
        }
        else
        {
            LogWaits(Source, now);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Source} waits: {Reason}")]
    private partial void LogWaits(string source, string reason);

    [LoggerMessage(LogLevel.Information, "{Source} goes on")]
    private partial void LogGoesOn(string source);
}
