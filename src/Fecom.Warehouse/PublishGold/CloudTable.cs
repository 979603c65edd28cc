using System.Globalization;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>A table that is published, with the columns that it has now.</summary>
/// <param name="Gold">The table.</param>
/// <param name="Columns">Its columns, in their order.</param>
/// <param name="Comment">What a row is.</param>
internal sealed record CloudTable(GoldTable Gold, IReadOnlyList<CloudColumn> Columns, string? Comment)
{
    /// <summary>The column, beside the table's, that says of a row that it was deleted.</summary>
    public const string Deleted = "fecom_deleted";

    public string Name => Gold.Name;

    /// <summary>Its columns as they are compared with what the target has.</summary>
    public string Fingerprint => string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}"));

    public IEnumerable<CloudColumn> KeyColumns =>
        Gold.Key.Select(name => Columns.Single(column => column.Name == name));

    public bool IsKey(CloudColumn column) => Gold.Key.Contains(column.Name);

    /// <summary>A column's value in a row that has the table's columns, as Parquet and Redshift take it; null when it is null.</summary>
    /// <exception cref="InvalidDataException">They cannot take it, such as a time before the year 1.</exception>
    public object? Read(NpgsqlDataReader row, int ordinal)
    {
        CloudColumn column = Columns[ordinal];
        try
        {
            return column.Read(row, ordinal);
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException)
        {
            throw new InvalidDataException(
                $"Column {column.Name} of gold.{Name} has a value that the cloud warehouse cannot take: {e.Message}",
                e
            );
        }
    }

    /// <summary>SQL that gives what a batch has of the table: its columns, and whether the row was deleted.</summary>
    /// <remarks>The number stands in the text: COPY takes no parameters.</remarks>
    public string RowsOf(CloudBatch batch)
    {
        string columns = string.Join(", ", Columns.Select(column => $"g.{Quoted(column)}"));
        if (batch.IsWhole(this))
        {
            return $"select {columns}, false as {Deleted} from gold.{Name} g";
        }

        string noted = string.Create(
            CultureInfo.InvariantCulture,
            $"from cloud.change where batch = {batch.Number} and table_name = '{Name}'"
        );
        string keys = string.Join(
            ", ",
            KeyColumns.Select((column, at) => $"c.key[{Text(at + 1)}]::{column.Type} as {Quoted(column)}")
        );
        string key = $"select {keys} from (select distinct key {noted} and key is not null) as c";
        string same = string.Join(" and ", KeyColumns.Select(column => $"g.{Quoted(column)} = k.{Quoted(column)}"));
        string current = string.Join(
            ", ",
            Columns.Select(column => IsKey(column) ? $"k.{Quoted(column)}" : $"g.{Quoted(column)}")
        );
        string byKey = $"""
            select {current}, g.{Quoted(KeyColumns.First())} is null as {Deleted}
            from ({key}) as k left join gold.{Name} g on {same}
            """;
        if (Gold.Slices is not { } slices)
        {
            return byKey;
        }

        string added = slices.Replace(
            "(slices)",
            $"(array(select slice {noted} and slice is not null))",
            StringComparison.Ordinal
        );
        return $"""
            select {columns}, false as {Deleted} from ({added}) as g where not exists (select from ({key}) as k where {same})
            union all
            {byKey}
            """;
    }

    /// <summary>The tables of a list as the database has them.</summary>
    public static async Task<IReadOnlyList<CloudTable>> ReadAsync(
        NpgsqlDataSource database,
        IReadOnlyList<GoldTable> tables,
        CancellationToken cancellationToken
    )
    {
        ILookup<string, ColumnRow> columns = (
            await database.QueryAsync<ColumnRow>(
                """
                select c.relname::text as "Table", obj_description(c.oid, 'pg_class') as "TableComment", a.attname::text as "Name",
                    format_type(a.atttypid, a.atttypmod) as "Type", not a.attnotnull as "IsNullable",
                    col_description(c.oid, a.attnum) as "Comment"
                from pg_attribute a join pg_class c on c.oid = a.attrelid
                where c.relnamespace = 'gold'::regnamespace and c.relname = any(@names) and a.attnum > 0 and not a.attisdropped
                order by c.relname, a.attnum
                """,
                new { names = tables.Select(table => table.Name).ToArray() },
                cancellationToken
            )
        ).ToLookup(column => column.Table, StringComparer.Ordinal);
        return
        [
            .. tables.Select(table => new CloudTable(
                table,
                [
                    .. columns[table.Name]
                        .Where(column => !table.Without.Contains(column.Name))
                        .Select(column => new CloudColumn(column.Name, column.Type, column.IsNullable, column.Comment)),
                ],
                columns[table.Name].FirstOrDefault()?.TableComment
            )),
        ];
    }

    private static string Quoted(CloudColumn column) => $"\"{column.Name}\"";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record ColumnRow
    {
        public required string Table { get; init; }

        public string? TableComment { get; init; }

        public required string Name { get; init; }

        public required string Type { get; init; }

        public required bool IsNullable { get; init; }

        public string? Comment { get; init; }
    }
}
