using System.Globalization;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.LoadWarehouse;

/// <summary>Whether gold follows bronze. Nothing that answers needs gold, so nothing here is worse than degraded.</summary>
internal sealed class WarehouseHealthCheck(
    NpgsqlDataSource database,
    IOptions<WarehouseOptions> options,
    TimeProvider time
) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        (DateTime? oldest, long failing, string? failure) = await database.ReadAsync<(DateTime?, long, string?)>(
            """
            select least((select min(written_at) from bronze.event_batch), (select min(planned_at) from silver.slice where state <> 'gold')),
                (select count(*) from silver.slice where state <> 'gold' and failed_rule is not null),
                (select format('slice %s, rule %s, %s rows: %s', slice, failed_rule, failed_rows, failure)
                from silver.slice where state <> 'gold' and failed_rule is not null order by slice limit 1)
            """,
            null,
            cancellationToken
        );
        if (failing > 0)
        {
            return HealthCheckResult.Degraded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{failing} slices fail a quality rule and wait: {failure}. See /api/v1/warehouse/slices"
                )
            );
        }

        TimeSpan? lag = oldest is { } since ? time.GetUtcNow().UtcDateTime - since : null;
        return lag > TimeSpan.FromMinutes(options.Value.MaxLagMinutes)
            ? HealthCheckResult.Degraded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Gold is {lag.Value.TotalMinutes:N0} minutes behind bronze: see /api/v1/jobs/{LoadWarehouseJob.Name}/runs"
                )
            )
            : HealthCheckResult.Healthy(lag is null ? "gold has all that bronze has" : "gold follows bronze");
    }
}
