using System.Globalization;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.Slices;

/// <summary>Divides what bronze has and silver has not into slices, and sees to it that each month of them has its partitions.</summary>
internal sealed class SlicePlanner(NpgsqlDataSource database, IOptions<WarehouseOptions> options, TimeProvider time)
{
    /// <summary>Slices that have come to gold and are still listed.</summary>
    private const int Kept = 1_000;

    /// <summary>Plans every batch that no slice takes yet. Cheap when there is none.</summary>
    /// <returns>Slices that have not come to gold, those of earlier runs included.</returns>
    public async Task<IReadOnlyList<OpenSlice>> PlanAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (NpgsqlCommand plan = new(Sql, connection))
        {
            plan.Parameters.AddWithValue("size", (long)options.Value.SliceEvents);
            plan.Parameters.AddWithValue("now", time.GetUtcNow().UtcDateTime);
            plan.Parameters.AddWithValue("kept", Kept);
            await plan.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        IReadOnlyList<OpenSlice> slices = await database.QueryAsync<OpenSlice>(
            """
            select slice as "Number", state = 'silver' as "IsSilver", bronze_events as "Events"
            from silver.slice where state <> 'gold' order by slice
            """,
            null,
            cancellationToken
        );
        if (slices.Count > 0)
        {
            await AddMonthsAsync(connection, cancellationToken);
        }

        return slices;
    }

    /// <summary>
    /// Batches in the order in which they were written, as many as come to a slice's size. A batch that is larger, as what was
    /// there before batches were numbered, is a slice of its own.
    /// </summary>
    private const string Sql = """
        with pending as (
            select batch, day, div(sum(events) over (order by batch, day) - 1, @size) as part from bronze.event_batch where slice is null
        ), numbered as (
            select batch, day, dense_rank() over (order by part) + (select coalesce(max(slice), 0) from silver.slice) as slice from pending
        ), taken as (
            update bronze.event_batch b set slice = n.slice from numbered n where b.batch = n.batch and b.day = n.day
            returning b.batch, b.day, b.events, b.written_at, n.slice
        )
        insert into silver.slice (slice, state, first_batch, last_batch, from_time, to_time, bronze_events, written_at, planned_at)
        select slice, 'planned', min(batch), max(batch), min(day)::timestamp at time zone 'UTC',
            (max(day) + 1)::timestamp at time zone 'UTC', sum(events), max(written_at), @now
        from taken group by slice;
        delete from silver.slice where state = 'gold' and slice <= (select max(slice) from silver.slice) - @kept;
        """;

    private static async Task AddMonthsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<DateOnly> months = [];
        await using (
            NpgsqlCommand select = new(
                """
                select distinct date_trunc('month', day)::date from bronze.event_batch
                where slice is not null and to_regclass('gold.fact_event_' || to_char(day, 'YYYYMM')) is null
                """,
                connection
            )
        )
        await using (NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                months.Add(reader.GetFieldValue<DateOnly>(0));
            }
        }

        foreach (DateOnly month in months)
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using NpgsqlCommand create = new(Partitions(month), connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Made as tables and attached: nobody who reads the whole waits for that, as for one that is created as a partition.</summary>
    private static string Partitions(DateOnly month)
    {
        string suffix = month.ToString("yyyyMM", CultureInfo.InvariantCulture);
        string range =
            $"for values from ('{month:yyyy-MM-dd}T00:00:00Z') to ('{month.AddMonths(1):yyyy-MM-dd}T00:00:00Z')";
        return $"""
            create table silver.event_{suffix} (like silver.event including comments);
            alter table silver.event attach partition silver.event_{suffix} {range};
            create table gold.fact_event_{suffix} (like gold.fact_event including comments);
            alter table gold.fact_event attach partition gold.fact_event_{suffix} {range}
            """;
    }
}

/// <summary>A slice that has not come to gold.</summary>
internal sealed record OpenSlice
{
    public required long Number { get; init; }

    /// <summary>Whether silver has it already.</summary>
    public required bool IsSilver { get; init; }

    public required long Events { get; init; }
}
