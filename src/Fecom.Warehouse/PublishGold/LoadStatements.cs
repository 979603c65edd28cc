using System.Text;

namespace Fecom.Warehouse.PublishGold;

/// <summary>The statements with which a cloud warehouse loads a staged batch, and merges it.</summary>
/// <param name="options">Where the warehouse finds the files, and what its tables are called.</param>
/// <param name="root">Address of the store, should the options name none.</param>
internal sealed class LoadStatements(CloudOptions options, string root)
{
    /// <summary>The warehouses for which there are some.</summary>
    public static readonly IReadOnlyList<CloudSql> Warehouses =
    [
        CloudSql.BigQuery,
        CloudSql.Snowflake,
        CloudSql.Redshift,
    ];

    private const string RedshiftNotes = """
        -- Give COPY a role that reads the store where its default is not one.
        -- A table that goes whole is dropped and made anew: grant on it with ALTER DEFAULT PRIVILEGES, and read it through views WITH NO SCHEMA BINDING.

        """;

    private string Root =>
        options.Stage.Uri is not { Length: > 0 } uri ? root
        : uri[^1] == '/' ? uri
        : uri + "/";

    /// <summary>All of a batch for a warehouse.</summary>
    public string Of(StageManifest manifest, IReadOnlyList<CloudTable> tables, CloudSql sql)
    {
        StringBuilder text = new();
        text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"-- Batch {manifest.Batch} of {manifest.Source:D}. Load batches in the order of their numbers; one that is loaded twice changes nothing.\n"
        );
        text.Append(sql == CloudSql.Redshift ? RedshiftNotes : "");
        Statement(text, $"create schema if not exists {options.Schema}");
        foreach (StagedTable staged in manifest.Tables)
        {
            Table(text, staged, tables.Single(table => table.Name == staged.Name), sql);
        }

        return text.ToString();
    }

    private void Table(StringBuilder text, StagedTable staged, CloudTable table, CloudSql sql)
    {
        string name = sql switch
        {
            CloudSql.BigQuery => $"`{options.Schema}`.`{table.Name}`",
            CloudSql.Snowflake => $"{options.Schema}.{table.Name}",
            _ => $"\"{options.Schema}\".\"{table.Name}\"",
        };
        MergeSql merge = new(name, table, sql);
        bool isWhole = staged.Mode == StageTarget.Replace;
        // A table goes whole also when its columns changed. What is there gets those that it has not, and keeps its grants and views.
        // Redshift cannot add a column only where it is missing: there the table is made anew.
        bool isMadeAnew = isWhole && sql == CloudSql.Redshift;
        text.Append('\n');
        if (!isMadeAnew)
        {
            Statement(text, merge.CreateTable());
        }

        if (isWhole && !isMadeAnew)
        {
            foreach (string add in merge.AddMissingColumns())
            {
                Statement(text, add);
            }
        }

        Statement(text, merge.CreateStaged());
        Load(text, staged, table, sql);
        Statement(text, sql == CloudSql.BigQuery ? "begin transaction" : "begin");
        if (isMadeAnew)
        {
            // In Redshift both are part of the transaction: nobody sees the table missing or empty.
            Statement(text, merge.DropTable());
            Statement(text, merge.CreateTable());
            Statement(text, merge.Insert());
        }
        else if (isWhole)
        {
            Statement(text, merge.Empty());
            Statement(text, merge.Insert());
        }
        else if (sql == CloudSql.Redshift)
        {
            Statement(text, merge.Delete());
            Statement(text, merge.Insert());
        }
        else
        {
            Statement(text, merge.Merge());
        }

        Statement(text, sql == CloudSql.BigQuery ? "commit transaction" : "commit");
        Statement(text, $"drop table fecom_staged");
    }

    private void Load(StringBuilder text, StagedTable staged, CloudTable table, CloudSql sql)
    {
        if (staged.Files.Count == 0)
        {
            return;
        }

        switch (sql)
        {
            case CloudSql.BigQuery:
                string uris = string.Join(", ", staged.Files.Select(file => $"'{Root}{file.Name}'"));
                Statement(
                    text,
                    $"load data into temp table {MergeSql.Staged} from files (format = 'PARQUET', uris = [{uris}])"
                );
                break;
            case CloudSql.Snowflake:
                // COPY takes a thousand names.
                foreach (StagedFile[] files in staged.Files.Chunk(1_000))
                {
                    string names = string.Join(", ", files.Select(file => $"'{file.Name}'"));
                    Statement(
                        text,
                        $"copy into {MergeSql.Staged} from {options.Stage.SnowflakeStage} files = ({names}) file_format = (type = parquet use_logical_type = true) match_by_column_name = case_insensitive"
                    );
                }

                break;
            default:
                string columns = string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\""));
                foreach (StagedFile file in staged.Files)
                {
                    Statement(
                        text,
                        $"copy fecom_staged ({columns}, {CloudTable.Deleted}) from '{Root}{file.Name}' iam_role default format as parquet"
                    );
                }

                break;
        }
    }

    private static void Statement(StringBuilder text, string sql) => text.Append(sql.TrimEnd()).Append(";\n");
}
