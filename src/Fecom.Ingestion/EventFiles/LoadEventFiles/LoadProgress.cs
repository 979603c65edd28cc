using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>The progress of a file's load on this host.</summary>
internal sealed class LoadProgress(
    FileLoad load,
    Supervision supervision,
    TimeProvider time,
    ILogger logger,
    Action ended
) : IDisposable
{
    private readonly SourceProgress _progress = new(load.Source, load.Rows, load.BytesRead, supervision, time, logger);

    public string Source => load.Source;

    /// <summary>The last position that Kafka has acknowledged.</summary>
    public LoadPosition Sent { get; private set; } = load.Position;

    /// <summary>Why rows are not being sent.</summary>
    public string? SendError
    {
        set => _progress.ReportSending(value);
    }

    /// <summary>Why the position is not being stored.</summary>
    public string? StoreError
    {
        set => _progress.ReportStoring(value);
    }

    public string? LastError => _progress.LastError;

    /// <summary>Rows and bytes a second over the last ten seconds.</summary>
    public (double Rows, double Bytes) Rate => _progress.Rate;

    public void Acknowledged(LoadPosition position)
    {
        Sent = position;
        _progress.Moved(position.Rows, position.BytesRead);
    }

    public void Dispose()
    {
        _progress.End();
        ended();
    }
}
