using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.HttpEvents.RelayEvents;

/// <summary>Records why the relay of this host waits; logs each change.</summary>
internal sealed partial class RelayProgress(Supervision supervision, ILogger<RelayProgress> logger)
{
    private string? _sendError;
    private string? _deleteError;

    public string? LastError => _sendError ?? _deleteError;

    /// <summary>Why events are not being sent.</summary>
    public void ReportSending(string? error) => Report(ref _sendError, error);

    /// <summary>Why the outbox is not being emptied.</summary>
    public void ReportDeleting(string? error) => Report(ref _deleteError, error);

    private void Report(ref string? error, string? now)
    {
        if (error == now)
        {
            return;
        }

        error = now;
        supervision.Report("the events of the API", LastError);
        if (now is null)
        {
            LogGoesOn();
        }
        else
        {
            LogWaits(now);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The events of the API wait: {Reason}")]
    private partial void LogWaits(string reason);

    [LoggerMessage(LogLevel.Information, "The events of the API go on")]
    private partial void LogGoesOn();
}
