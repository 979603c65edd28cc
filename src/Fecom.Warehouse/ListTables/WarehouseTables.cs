using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.ListTables;

/// <summary>Reads from PostgreSQL's catalog what tables the warehouse has.</summary>
internal sealed class WarehouseTables(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Up to here rows are counted: some milliseconds a table.</summary>
    private const long MaxCountedBytes = 8 * 1_024 * 1_024;

    private const string Tables = """
        select n.nspname::text as "Schema", c.relname::text as "Name", case c.relkind when 'v' then 'view' else 'table' end as "Kind",
            obj_description(c.oid, 'pg_class') as "Comment", coalesce(s.bytes, 0) as "Bytes", s.estimate as "Estimate"
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        left join lateral (
            -- A partition that was never looked at makes the sum unknown.
            select sum(pg_relation_size(p.oid))::bigint as bytes,
                case when bool_and(p.reltuples >= 0 or pg_relation_size(p.oid) = 0) then round(sum(case when p.relpages > 0
                    then p.reltuples / p.relpages * pg_relation_size(p.oid) / current_setting('block_size')::bigint else 0 end))::bigint end as estimate
            from (select c.oid union all select inhrelid from pg_inherits where inhparent = c.oid) as part
            join pg_class p on p.oid = part.oid and p.relkind = 'r'
        ) as s on true
        where n.nspname in ('bronze', 'silver', 'gold') and c.relkind in ('r', 'p', 'v') and not c.relispartition
        order by 1, 2
        """;

    private const string Columns = """
        select n.nspname || '.' || c.relname as "Table", a.attname::text as "Name", format_type(a.atttypid, a.atttypmod) as "Type",
            not a.attnotnull as "Nullable", col_description(c.oid, a.attnum) as "Comment"
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('bronze', 'silver', 'gold') and c.relkind in ('r', 'p', 'v') and not c.relispartition
            and a.attnum > 0 and not a.attisdropped
        order by 1, a.attnum
        """;

    private const string Tiers = """
        select 'bronze' as "Schema", greatest((select max(written_at) from bronze.event_batch), (select max(written_at) from silver.slice),
                (select max(written_at) from bronze.change_batch), (select max(written_at) from silver.table_state)) as "LoadedAt",
            null::timestamptz as "Missing"
        union all
        select 'silver', greatest((select max(silver_at) from silver.slice), (select max(done_at) from silver.table_state where part <> 'gold')),
            least((select min(written_at) from bronze.event_batch), (select min(written_at) from bronze.change_batch))
        union all
        select 'gold', greatest((select max(gold_at) from silver.slice), (select done_at from silver.table_state where part = 'gold')),
            least((select min(written_at) from bronze.event_batch), (select min(planned_at) from silver.slice where state = 'silver'),
                (select min(written_at) from bronze.change_batch), (select min(touched_at) from silver.touched))
        """;

    /// <summary>Every table and view, by schema and name.</summary>
    public async Task<IReadOnlyList<TableBody>> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<TableRow> tables = await database.QueryAsync<TableRow>(Tables, null, cancellationToken);
        ILookup<string, ColumnBody> columns = (
            await database.QueryAsync<ColumnRow>(Columns, null, cancellationToken)
        ).ToLookup(
            column => column.Table,
            column => new ColumnBody(column.Name, column.Type, column.Nullable, column.Comment),
            StringComparer.Ordinal
        );
        Dictionary<string, TierRow> tiers = (
            await database.QueryAsync<TierRow>(Tiers, null, cancellationToken)
        ).ToDictionary(tier => tier.Schema, StringComparer.Ordinal);
        Dictionary<string, long> counted = await CountAsync(tables, cancellationToken);
        DateTime now = time.GetUtcNow().UtcDateTime;
        return
        [
            .. tables.Select(table =>
            {
                TierRow tier = tiers[table.Schema];
                bool isCounted = counted.TryGetValue(table.FullName, out long rows);
                return new TableBody(
                    table.Schema,
                    table.Name,
                    table.Kind,
                    table.Comment,
                    isCounted ? rows : table.Estimate,
                    RowsEstimated: !isCounted && table.Estimate is not null,
                    tier.LoadedAt,
                    tier.Missing is { } since ? Math.Round(Math.Max(0, (now - since).TotalSeconds), 3) : 0,
                    [.. columns[table.FullName]]
                );
            }),
        ];
    }

    /// <summary>Slices below a number that have not come to gold, newest first.</summary>
    public Task<IReadOnlyList<SliceBody>> ListSlicesAsync(long below, int count, CancellationToken cancellationToken) =>
        database.QueryAsync<SliceBody>(
            """
            select slice as "Slice", state as "State", bronze_events as "Events", from_time as "FromTime", to_time as "ToTime",
                planned_at as "PlannedAt", failed_rule as "FailedRule", failed_rows as "FailedRows", failure as "Failure",
                failed_at as "FailedAt"
            from silver.slice where state <> 'gold' and slice < @below order by slice desc limit @count
            """,
            new { below, count },
            cancellationToken
        );

    private async Task<Dictionary<string, long>> CountAsync(
        IReadOnlyList<TableRow> tables,
        CancellationToken cancellationToken
    )
    {
        // Names from the catalog, in schemas whose tables our migrations make.
        string sql = string.Join(
            " union all ",
            tables
                .Where(table => table.Kind == "table" && table.Bytes <= MaxCountedBytes)
                .Select(table => $"select '{table.FullName}', count(*) from {table.FullName}")
        );
        return (await database.QueryAsync<(string Name, long Rows)>(sql, null, cancellationToken)).ToDictionary(
            table => table.Name,
            table => table.Rows,
            StringComparer.Ordinal
        );
    }

    private sealed record TableRow
    {
        public required string Schema { get; init; }

        public required string Name { get; init; }

        public required string Kind { get; init; }

        public string? Comment { get; init; }

        public required long Bytes { get; init; }

        public long? Estimate { get; init; }

        public string FullName => $"{Schema}.{Name}";
    }

    private sealed record ColumnRow
    {
        public required string Table { get; init; }

        public required string Name { get; init; }

        public required string Type { get; init; }

        public required bool Nullable { get; init; }

        public string? Comment { get; init; }
    }

    private sealed record TierRow
    {
        public required string Schema { get; init; }

        public DateTime? LoadedAt { get; init; }

        public DateTime? Missing { get; init; }
    }
}
