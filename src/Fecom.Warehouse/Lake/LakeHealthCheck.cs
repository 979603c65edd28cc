using System.Globalization;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>Whether the lake follows bronze. What it has not waits in bronze, so nothing here is worse than degraded.</summary>
internal sealed class LakeHealthCheck(NpgsqlDataSource database, IOptions<LakeOptions> options, TimeProvider time)
    : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        (long events, DateTime? oldest, string? failure) = await database.ReadAsync<(long, DateTime?, string?)>(
            """
            select coalesce(sum(events), 0)::bigint, min(written_at), (select failure from lake.writer) from lake.pending_batch
            """,
            null,
            cancellationToken
        );
        TimeSpan lag = oldest is { } since ? time.GetUtcNow().UtcDateTime - since : TimeSpan.Zero;
        string waiting = string.Create(
            CultureInfo.InvariantCulture,
            $"{events:N0} events of the last {lag.TotalMinutes:N0} minutes wait in bronze"
        );
        return failure is not null ? HealthCheckResult.Degraded($"{failure}; {waiting}")
            : lag > TimeSpan.FromMinutes(options.Value.MaxLagMinutes)
                ? HealthCheckResult.Degraded(
                    $"The lake is behind: {waiting}, see /api/v1/jobs/{WriteLakeJob.Name}/runs"
                )
            : HealthCheckResult.Healthy("the lake follows bronze");
    }
}
