using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.ReplayEvents;

/// <summary>How a load on this host goes, for who asks meanwhile.</summary>
internal sealed partial class LoadProgress(FileLoad load, TimeProvider time, ILogger logger, Action ended) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<(long Timestamp, LoadPosition Position)> _samples = new([(time.GetTimestamp(), load.Position)]);
    private string? _sendError;
    private string? _storeError;

    public string Source => load.Source;

    /// <summary>The last position that Kafka has acknowledged.</summary>
    public LoadPosition Sent { get; private set; } = load.Position;

    /// <summary>Why rows are not being sent.</summary>
    public string? SendError
    {
        set => Report(ref _sendError, value);
    }

    /// <summary>Why the position is not being stored.</summary>
    public string? StoreError
    {
        set => Report(ref _storeError, value);
    }

    public string? LastError => _sendError ?? _storeError;

    /// <summary>Rows and bytes a second over the last ten seconds.</summary>
    public (double Rows, double Bytes) Rate
    {
        get
        {
            lock (_gate)
            {
                (long timestamp, LoadPosition first) = _samples.Peek();
                double seconds = Math.Max(time.GetElapsedTime(timestamp).TotalSeconds, 0.001);
                return ((Sent.Rows - first.Rows) / seconds, (Sent.BytesRead - first.BytesRead) / seconds);
            }
        }
    }

    public void Acknowledged(LoadPosition position)
    {
        lock (_gate)
        {
            Sent = position;
            _samples.Enqueue((time.GetTimestamp(), position));
            while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Timestamp) > Window)
            {
                _samples.Dequeue();
            }
        }
    }

    public void Dispose() => ended();

    private void Report(ref string? error, string? now)
    {
        if (error == now)
        {
            return;
        }

        error = now;
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
