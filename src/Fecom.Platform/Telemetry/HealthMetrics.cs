using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Platform.Telemetry;

/// <summary>The host's health as a metric, a series a check: what <c>/health/ready</c> says, for alert rules.</summary>
internal sealed class HealthMetrics : IHealthCheckPublisher
{
    private volatile HealthReport? _report;

    public HealthMetrics(IMeterFactory meters) =>
        meters
            .Create("Fecom.Health")
            .CreateObservableGauge(
                "fecom.health.status",
                Statuses,
                unit: null,
                "0 while the check is healthy, 1 while it is degraded, 2 while it is unhealthy."
            );

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        _report = report;
        return Task.CompletedTask;
    }

    private IEnumerable<Measurement<int>> Statuses() =>
        _report?.Entries.Select(entry => new Measurement<int>(
            entry.Value.Status switch
            {
                HealthStatus.Healthy => 0,
                HealthStatus.Degraded => 1,
                _ => 2,
            },
            new KeyValuePair<string, object?>("fecom.health.check", entry.Key)
        )) ?? [];
}
