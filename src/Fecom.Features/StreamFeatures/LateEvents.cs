using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Fecom.Features.StreamFeatures;

/// <summary>Counts the events that came too late to take their place by event time, and says so when the first does.</summary>
internal sealed partial class LateEvents
{
    private readonly Counter<long> _events;
    private readonly ILogger<LateEvents> _logger;
    private bool _said;

    public LateEvents(IMeterFactory meters, ILogger<LateEvents> logger)
    {
        _events = meters
            .Create("Fecom.Features")
            .CreateCounter<long>(
                "fecom.features.too_late",
                "{event}",
                "Events that were older than their session's newest by more than the lateness: they count, at the place where the lateness ends."
            );
        _logger = logger;
    }

    public void Count(int events)
    {
        if (events == 0)
        {
            return;
        }

        _events.Add(events);
        if (!_said)
        {
            _said = true;
            LogTooLate(events);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Events} events are older than their session's newest by more than Features:Sessions:LatenessSeconds: they count, but their activity_count is not their place by event time. The metric fecom.features.too_late counts more of them"
    )]
    private partial void LogTooLate(int events);
}
