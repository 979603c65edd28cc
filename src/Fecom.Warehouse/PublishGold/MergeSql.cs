namespace Fecom.Warehouse.PublishGold;

/// <summary>The statements that bring staged rows to a table, made from its columns and key.</summary>
/// <param name="table">The table's name in full.</param>
/// <param name="shape">Its columns.</param>
/// <param name="sql">Whose SQL.</param>
internal sealed class MergeSql(string table, CloudTable shape, CloudSql sql)
{
    /// <summary>The table in which a batch's rows stand first.</summary>
    public const string Staged = "fecom_staged";

    private string Columns => string.Join(", ", shape.Columns.Select(Quoted));

    public string CreateTable()
    {
        string columns = string.Join(
            ", ",
            shape.Columns.Select(column =>
                $"{Quoted(column)} {column.TypeIn(sql)}{(shape.IsKey(column) ? " not null" : "")}"
            )
        );
        string key = string.Join(", ", shape.KeyColumns.Select(Quoted));
        string primary = sql == CloudSql.BigQuery ? $"primary key ({key}) not enforced" : $"primary key ({key})";
        return $"create table if not exists {table} ({columns}, {primary})";
    }

    /// <summary>Of a deleted row only the key is there.</summary>
    public string CreateStaged()
    {
        string columns = string.Join(", ", shape.Columns.Select(column => $"{Quoted(column)} {column.TypeIn(sql)}"));
        string create = sql switch
        {
            CloudSql.BigQuery or CloudSql.Snowflake => "create or replace temporary table",
            _ => "create temporary table",
        };
        return $"{create} {Staged} ({columns}, {CloudTable.Deleted} {(sql == CloudSql.BigQuery ? "bool" : "boolean")})";
    }

    public string AddColumn(CloudColumn column) =>
        $"alter table {table} add column {Quoted(column)} {column.TypeIn(sql)}";

    /// <summary>
    /// Adds those columns that the table has not yet, in BigQuery and Snowflake, which can leave alone those that are there. None of
    /// the key: a table has these from the first.
    /// </summary>
    public IReadOnlyList<string> AddMissingColumns()
    {
        string[] adds =
        [
            .. shape
                .Columns.Where(column => !shape.IsKey(column))
                .Select(column => $"add column if not exists {Quoted(column)} {column.TypeIn(sql)}"),
        ];
        // BigQuery takes few changes of one table in ten seconds, and many columns in one; Snowflake's grammar has "if not exists" for
        // one column.
        return adds.Length == 0 ? []
            : sql == CloudSql.BigQuery ? [$"alter table {table} {string.Join(", ", adds)}"]
            : [.. adds.Select(add => $"alter table {table} {add}")];
    }

    public string DropTable() => $"drop table if exists {table}";

    /// <summary>Before a table that goes whole.</summary>
    public string Empty() => sql == CloudSql.BigQuery ? $"delete from {table} where true" : $"delete from {table}";

    /// <summary>Rows that were staged take the place of those with their keys.</summary>
    public string Delete()
    {
        string name = Quoted(shape.Name);
        return $"delete from {table} using {Staged} s where {string.Join(" and ", shape.KeyColumns.Select(key => $"{name}.{Quoted(key)} = s.{Quoted(key)}"))}";
    }

    public string Insert() =>
        $"insert into {table} ({Columns}) select {Columns} from {Staged} where not {CloudTable.Deleted}";

    /// <summary>All in one statement, for warehouses that have it.</summary>
    public string Merge()
    {
        string same = string.Join(" and ", shape.KeyColumns.Select(key => $"t.{Quoted(key)} = s.{Quoted(key)}"));
        string changes = string.Join(
            ", ",
            shape
                .Columns.Where(column => !shape.IsKey(column))
                .Select(column => $"{Quoted(column)} = s.{Quoted(column)}")
        );
        string values = string.Join(", ", shape.Columns.Select(column => $"s.{Quoted(column)}"));
        return $"""
            merge into {table} t using {Staged} s on ({same})
            when matched and s.{CloudTable.Deleted} then delete
            {(changes.Length == 0 ? "" : $"when matched then update set {changes}")}
            when not matched and not s.{CloudTable.Deleted} then insert ({Columns}) values ({values})
            """;
    }

    private string Quoted(CloudColumn column) => Quoted(column.Name);

    private string Quoted(string name) =>
        sql switch
        {
            CloudSql.BigQuery => $"`{name}`",
            CloudSql.Snowflake => name,
            _ => $"\"{name}\"",
        };
}
