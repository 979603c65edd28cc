using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Platform.Services;

/// <summary>Names the parts of the host that wait, and why.</summary>
internal sealed class ServicesHealthCheck(Supervision supervision) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        string[] waiting =
        [
            .. supervision
                .Waiting.OrderBy(part => part.Key, StringComparer.Ordinal)
                .Select(part => $"{part.Key} waits: {part.Value}"),
        ];
        return Task.FromResult(
            waiting.Length == 0
                ? HealthCheckResult.Healthy("all run")
                : HealthCheckResult.Degraded(string.Join("; ", waiting))
        );
    }
}
