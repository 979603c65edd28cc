using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Platform.Messaging;

/// <summary>Names the endpoints that wait for a server, and why.</summary>
internal sealed class EndpointHealthCheck(EndpointStatuses statuses) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        string[] waiting =
        [
            .. statuses
                .All.Where(status => status.Waits is not null)
                .Select(status => $"{status.Definition.Name} waits: {status.Waits}"),
        ];
        return Task.FromResult(
            waiting.Length == 0
                ? HealthCheckResult.Healthy($"{statuses.All.Count} endpoints run")
                : HealthCheckResult.Degraded(string.Join("; ", waiting))
        );
    }
}
