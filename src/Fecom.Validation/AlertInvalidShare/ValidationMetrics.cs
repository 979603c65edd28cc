using System.Diagnostics.Metrics;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>The module's OpenTelemetry instruments: meter <c>Fecom.Validation</c>.</summary>
internal sealed class ValidationMetrics
{
    private readonly Counter<long> _events;
    private readonly Counter<long> _late;
    private readonly Counter<long> _alerts;
    private double? _share;
    private bool _raised;

    public ValidationMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("Fecom.Validation");
        _events = meter.CreateCounter<long>(
            "fecom.validation.events",
            "{event}",
            "Events that validation passed or refused."
        );
        _late = meter.CreateCounter<long>(
            "fecom.validation.late_events",
            "{event}",
            "Valid events that were received later than Validation:LateHours after they happened: they are marked, kept, and counted in every feature."
        );
        _alerts = meter.CreateCounter<long>(
            "fecom.validation.alerts",
            "{alert}",
            "Rises of the invalid share over its threshold."
        );
        meter.CreateObservableGauge(
            "fecom.validation.invalid_share",
            Shares,
            "1",
            "Invalid events among those of the alert's window; by the host that looks."
        );
        meter.CreateObservableGauge(
            "fecom.validation.alert",
            Raised,
            "1",
            "1 while the invalid share is too high; by the host that looks."
        );
    }

    public void Sorted(int valid, int invalid)
    {
        _events.Add(valid, KeyValuePair.Create("outcome", (object?)"valid"));
        _events.Add(invalid, KeyValuePair.Create("outcome", (object?)"invalid"));
    }

    public void CameLate(int events, string topic) =>
        _late.Add(events, KeyValuePair.Create("messaging.destination.name", (object?)topic));

    public void AlertRaised() => _alerts.Add(1);

    /// <summary>Sets the share that this host has measured; null when it no longer measures.</summary>
    public void Seen(InvalidShare? share, bool raised) => (_share, _raised) = (share?.Share, raised);

    private IEnumerable<Measurement<double>> Shares() => _share is { } share ? [new(share)] : [];

    private IEnumerable<Measurement<int>> Raised() => _share is null ? [] : [new(_raised ? 1 : 0)];
}
