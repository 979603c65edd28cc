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
        DateTime now = time.GetUtcNow().UtcDateTime;
        (DateTime? oldest, long failing, string? failure, long waiting, string? wait) = await database.ReadAsync<(
            DateTime?,
            long,
            string?,
            long,
            string?
        )>(
            """
            with failing as (
                select format('slice %s, rule %s, %s rows: %s', slice, failed_rule, failed_rows, failure) as what
                from silver.slice where state <> 'gold' and failed_rule is not null
                union all
                select format('%s of the tables, rule %s, %s rows: %s', part, failed_rule, failed_rows, failure)
                from silver.table_state where failed_rule is not null
            ), waiting as (
                select format('order %s, rule %s: %s', order_id, rule, detail) as what from silver.waiting_order where since < @before
            )
            select least((select min(written_at) from bronze.event_batch), (select min(planned_at) from silver.slice where state <> 'gold'),
                    (select min(written_at) from bronze.change_batch), (select min(touched_at) from silver.touched)),
                (select count(*) from failing), (select min(what) from failing),
                (select count(*) from waiting), (select min(what) from waiting)
            """,
            new { before = now.AddMinutes(-options.Value.MaxLagMinutes) },
            cancellationToken
        );
        if (failing > 0)
        {
            return HealthCheckResult.Degraded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{failing} slices or tables fail a quality rule and wait: {failure}. See /api/v1/warehouse/slices and silver.table_state"
                )
            );
        }

        if (waiting > 0)
        {
            return HealthCheckResult.Degraded(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{waiting} orders have failed a quality rule for {options.Value.MaxLagMinutes} minutes, and gold keeps them as they were: {wait}. See silver.waiting_order"
                )
            );
        }

        TimeSpan? lag = oldest is { } since ? now - since : null;
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
