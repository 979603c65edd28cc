using Fecom.Contracts;

namespace Fecom.Warehouse.BuildTables;

/// <summary>
/// The SQL that brings the changes of one Fecom table from bronze to its table in silver. Each change is a row there; a key's rows
/// in the order of their times say until when each was so. A change that comes late takes its place among them, so their order of
/// coming does not matter, and one that comes again is there already.
/// </summary>
internal sealed class SilverTable(FecomTable table)
{
    private readonly string[] _key = [.. table.Columns.Take(table.KeyColumns).Select(column => column.Name)];

    public string Name => table.Name;

    /// <summary>Takes what <c>change_pending</c> lists to <c>change_taken</c>, and on to silver.</summary>
    public string Take =>
        $"""
            create temporary table change_taken on commit drop as
            select c.batch, c.change_id, c.changed_at, c.snapshot, c.op = 'd' as is_deleted, coalesce(c.after, c.before) as content
            from bronze.table_change c where c.batch = any(array(select batch from change_pending)) and c.table_name = @table;

            insert into silver.{Name} ({List("", table.Columns.Select(
                column => column.Name
            ))}, valid_from, valid_to, is_current, is_deleted, snapshot, change_id)
            select {string.Join(", ", table.Columns.Select(Typed))}, changed_at, case when is_deleted then changed_at end, not is_deleted,
                is_deleted, snapshot, change_id
            from change_taken
            on conflict do nothing;

            create temporary table change_key on commit drop as
            select {string.Join(", ", _key.Select(column => $"content ->> '{column}' as {column}"))}, min(changed_at) as since
            from change_taken group by {string.Join(", ", _key.Select((_, i) => $"{i + 1}"))};
            analyze change_key;
            """;

    /// <summary>
    /// Ends each row of a touched key when the next one begins. Only rows that then differ are written: of a table that is loaded for the
    /// first time, none.
    /// </summary>
    public string End =>
        $"""
            create temporary table change_end on commit drop as
            select place, next, is_newest
            from (
                select s.ctid as place, s.is_deleted, s.valid_to, s.is_current, lead(s.valid_from) over history as next,
                    lead(s.valid_from) over history is null as is_newest
                from change_key k join silver.{Name} s on {Same("s", "k")}
                window history as (partition by {List("s.", _key)} order by s.valid_from, s.snapshot, s.change_id)
            ) as placed
            where not is_deleted and (valid_to is distinct from next or is_current <> is_newest);
            analyze change_end;
            update silver.{Name} s set valid_to = e.next, is_current = e.is_newest from change_end e where s.ctid = e.place;
            """;

    /// <summary>Changes that silver does not have, by their key.</summary>
    public string Missing =>
        $"""
            select {string.Join(
                " || '/' || ",
                _key.Select(column => $"(t.content ->> '{column}')")
            )} from change_taken t
            where not exists (
                select from silver.{Name} s
                where {string.Join(
                " and ",
                _key.Select(column => $"s.{column} = t.content ->> '{column}'")
            )} and s.change_id = t.change_id)
            """;

    /// <summary>Touched keys that have more than one current row.</summary>
    public string Repeated =>
        $"""
            select {string.Join(" || '/' || ", _key.Select(column => $"s.{column}"))} from change_key k
            join silver.{Name} s on {Same("s", "k")} and s.is_current
            group by {List("s.", _key)} having count(*) > 1
            """;

    /// <summary>Notes for gold what was touched; null where gold makes nothing of the table.</summary>
    public string? Touch =>
        Touched is { } touched
            ? $"""
                insert into silver.touched as t (kind, key, since)
                select '{touched.Kind}', {touched.Column}, min(since) from change_key group by {touched.Column}
                on conflict (kind, key) do update set since = least(t.since, excluded.since)
                """
            : null;

    private (string Kind, string Column)? Touched =>
        Name switch
        {
            "customers" => ("customer", "customer_trx_id"),
            "sellers" => ("seller", "seller_id"),
            "products" => ("product", "product_id"),
            "geolocations" => null,
            _ => ("order", "order_id"),
        };

    /// <summary>A key is text whatever it looks like; times are known by the names of their columns.</summary>
    private string Typed(FecomColumn column) =>
        _key.Contains(column.Name) ? $"content ->> '{column.Name}'"
        : column.IsNumber ? $"silver.as_number(content ->> '{column.Name}')"
        : IsTime(column.Name) ? $"silver.as_time(content ->> '{column.Name}')"
        : $"content ->> '{column.Name}'";

    private static bool IsTime(string column) =>
        column.EndsWith("_date", StringComparison.Ordinal)
        || column.EndsWith("_at", StringComparison.Ordinal)
        || column.EndsWith("_timestamp", StringComparison.Ordinal);

    private string Same(string one, string other) =>
        string.Join(" and ", _key.Select(column => $"{one}.{column} = {other}.{column}"));

    private static string List(string prefix, IEnumerable<string> columns) =>
        string.Join(", ", columns.Select(column => prefix + column));
}
