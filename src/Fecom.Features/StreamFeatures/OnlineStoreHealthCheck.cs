using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Features.StreamFeatures;

/// <summary>Whether Redis keeps what is written to it, and gets what is new.</summary>
internal sealed class OnlineStoreHealthCheck(
    OnlineStoreState state,
    MissingStates missing,
    Materialization materialization
) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (materialization.IsRunning)
        {
            return HealthCheckResult.Degraded(
                "The features are being built anew from all events; until that has ended the former ones answer and take new events, and after an upgrade to other views new events wait"
            );
        }

        string restored = string.Create(
            CultureInfo.InvariantCulture,
            $"{missing.Restored:N0} missing states were written again from PostgreSQL so far"
        );
        if (state.Eviction is { Evicts: true } eviction)
        {
            return HealthCheckResult.Degraded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Redis drops states when its memory is full (maxmemory-policy {eviction.Policy}, {eviction.Evicted:N0} keys evicted): set noeviction, and enough maxmemory. {restored}"
                )
            );
        }

        return missing.Incomplete
            ? HealthCheckResult.Degraded($"Redis had lost states: {restored}, and all are looked at once more")
            : HealthCheckResult.Healthy("has what PostgreSQL has, as far as it was looked at");
    }
}
