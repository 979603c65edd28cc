using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Monolith;

/// <summary>A host that drains still answers, but is to be sent nothing more.</summary>
internal sealed class StoppingHealthCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("the host is stopping")
                : HealthCheckResult.Healthy()
        );
}
