using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Training.WatchModels;

/// <summary>Whether the newest look at the model that serves found skew, drift or a fall of its quality. It serves on, so the worst state is degraded.</summary>
internal sealed class WatchHealthCheck(WatchReports reports) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        IReadOnlyList<WatchReport> current = await reports.CurrentAsync(cancellationToken);
        string[] alerts = [.. current.Select(report => report.Alert).OfType<string>()];
        return alerts.Length > 0 ? HealthCheckResult.Degraded(string.Join(" ", alerts))
            : current.Count == 0 ? HealthCheckResult.Healthy("no prediction has been looked at yet")
            : HealthCheckResult.Healthy($"nothing amiss in {string.Join(", ", current.Select(report => report.Kind))}");
    }
}
