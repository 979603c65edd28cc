using Fecom.Platform.Failures;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>Shows how far the index is behind. The worst state is degraded: the host works without Elasticsearch.</summary>
internal sealed class ElasticsearchHealthCheck(IndexTable table) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            (string? error, long behind, long refused) = await table.StateAsync(cancellationToken);
            string refusals =
                refused == 0
                    ? ""
                    : $"; it refused {refused}, each with its index_error: once the cause is gone, POST /api/v1/invalid-events/index sends them again";
            return error is not null ? HealthCheckResult.Degraded($"{behind} invalid events wait: {error}{refusals}")
                : refused > 0 ? HealthCheckResult.Degraded($"{behind} invalid events are to be sent{refusals}")
                : HealthCheckResult.Healthy($"{behind} invalid events are to be sent");
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Degraded($"not known: {FailureText.Of(e)}");
        }
    }
}
