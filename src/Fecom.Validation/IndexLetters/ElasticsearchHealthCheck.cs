using Fecom.Platform.Failures;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.Validation.IndexLetters;

/// <summary>Says how far the index is behind. Elasticsearch away is no reason to take the host out of service.</summary>
internal sealed class ElasticsearchHealthCheck(IndexTable table) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            (string? error, long behind) = await table.StateAsync(cancellationToken);
            return error is null
                ? HealthCheckResult.Healthy($"{behind} invalid events are to be sent")
                : HealthCheckResult.Degraded($"{behind} invalid events wait: {error}");
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Degraded($"not known: {FailureText.Of(e)}");
        }
    }
}
