using System.Globalization;
using Fecom.Platform.Failures;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>
/// A database that speaks PostgreSQL's protocol. A batch, and a note that it is there, are one transaction: rows are staged, what
/// has their keys is deleted, and they are inserted.
/// </summary>
internal sealed class PostgresTarget(IOptions<CloudOptions> options, TimeProvider time) : ICloudTarget
{
    /// <summary>Redshift takes 32,767 parameters a statement.</summary>
    private const int MaxParameters = 32_000;

    private const string Ledger = "fecom_publication";

    private readonly CloudOptions _options = options.Value;

    public string Identity
    {
        get
        {
            NpgsqlConnectionStringBuilder target = new(_options.Postgres.ConnectionString);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"postgres {target.Host}:{target.Port}/{target.Database} {_options.Schema}"
            );
        }
    }

    private int TimeoutSeconds => _options.TimeoutMinutes * 60;

    private string LedgerTable => $"\"{_options.Schema}\".{Ledger}";

    public async Task<CloudCounts?> PublishAsync(
        CloudBatch batch,
        IReadOnlyList<CloudTable> tables,
        NpgsqlConnection gold,
        Action<string, int> report,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection target = new(_options.Postgres.ConnectionString);
        await GuardAsync(() => target.OpenAsync(cancellationToken));
        await using NpgsqlTransaction transaction = await GuardAsync(() =>
            target.BeginTransactionAsync(cancellationToken).AsTask()
        );
        CloudSql sql = await DialectAsync(target, cancellationToken);
        await PrepareAsync(target, cancellationToken);
        if (await HasAsync(target, batch, tables.All(batch.IsWhole), cancellationToken))
        {
            return null;
        }

        CloudCounts counts = default;
        for (int i = 0; i < tables.Count; i++)
        {
            report(tables[i].Name, i);
            counts += await MergeAsync(target, sql, batch, tables[i], gold, cancellationToken);
        }

        await NoteAsync(target, batch, cancellationToken);
        await GuardAsync(() => transaction.CommitAsync(cancellationToken));
        return counts;
    }

    public Task ForgetAsync(Guid source, long batch, CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<CloudSql> DialectAsync(NpgsqlConnection target, CancellationToken cancellationToken) =>
        _options.Postgres.Dialect switch
        {
            "postgres" => CloudSql.Postgres,
            "redshift" => CloudSql.Redshift,
            _ => (await AskAsync<string>(target, "select version()", cancellationToken))!.Contains(
                "Redshift",
                StringComparison.OrdinalIgnoreCase
            )
                ? CloudSql.Redshift
                : CloudSql.Postgres,
        };

    private async Task PrepareAsync(NpgsqlConnection target, CancellationToken cancellationToken)
    {
        if (
            await AskAsync<long>(
                target,
                $"select count(*) from pg_namespace where nspname = '{_options.Schema}'",
                cancellationToken
            ) == 0
        )
        {
            await ExecuteAsync(target, $"create schema \"{_options.Schema}\"", cancellationToken);
        }

        string table = LedgerTable;
        await ExecuteAsync(
            target,
            $"create table if not exists {table} (source varchar(36) not null, batch bigint not null, batch_id varchar(36) not null, published_at timestamptz not null)",
            cancellationToken
        );
    }

    /// <summary>Whether the batch is there already.</summary>
    /// <exception cref="CloudStartOverException">What is there is not what the batch before left.</exception>
    private async Task<bool> HasAsync(
        NpgsqlConnection target,
        CloudBatch batch,
        bool isWhole,
        CancellationToken cancellationToken
    )
    {
        List<(string Source, long Number, string Id)> notes = [];
        await GuardAsync(async () =>
        {
            await using NpgsqlCommand read = new($"select source, batch, batch_id from {LedgerTable}", target);
            await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                notes.Add((reader.GetString(0), reader.GetInt64(1), reader.GetString(2)));
            }
        });
        if (notes.Exists(note => note.Source != Text(batch.Source)))
        {
            throw new CloudTargetException(
                $"The schema {_options.Schema} of the cloud warehouse is published to by another installation of Fecom: name another one with {CloudOptions.Section}:Schema, or delete the rows of {_options.Schema}.{Ledger} there when that one is no more."
            );
        }

        if (notes.Exists(note => note.Number == batch.Number && note.Id == Text(batch.Id)))
        {
            return true;
        }

        bool follows =
            batch.BeforeNumber is null
            || notes.Exists(note => note.Number == batch.BeforeNumber && note.Id == Text(batch.BeforeId!.Value));
        return follows || isWhole ? false : throw new CloudStartOverException(newSource: false);
    }

    private async Task<CloudCounts> MergeAsync(
        NpgsqlConnection target,
        CloudSql sql,
        CloudBatch batch,
        CloudTable table,
        NpgsqlConnection gold,
        CancellationToken cancellationToken
    )
    {
        MergeSql merge = new($"\"{_options.Schema}\".\"{table.Name}\"", table, sql);
        await ExecuteAsync(target, merge.CreateTable(), cancellationToken);
        await AddColumnsAsync(target, table, merge, cancellationToken);
        await ExecuteAsync(target, merge.CreateStaged(), cancellationToken);
        if (sql == CloudSql.Postgres)
        {
            await CopyAsync(target, table, table.RowsOf(batch), gold, cancellationToken);
        }
        else
        {
            await InsertAsync(target, table, table.RowsOf(batch), gold, cancellationToken);
        }

        long deletions = await AskAsync<long>(
            target,
            $"select count(*) from {MergeSql.Staged} where {CloudTable.Deleted}",
            cancellationToken
        );
        await ExecuteAsync(target, batch.IsWhole(table) ? merge.Empty() : merge.Delete(), cancellationToken);
        long rows = await ExecuteAsync(target, merge.Insert(), cancellationToken);
        await ExecuteAsync(target, $"drop table fecom_staged", cancellationToken);
        return new CloudCounts(rows, deletions);
    }

    private async Task AddColumnsAsync(
        NpgsqlConnection target,
        CloudTable table,
        MergeSql merge,
        CancellationToken cancellationToken
    )
    {
        HashSet<string> there = [];
        await GuardAsync(async () =>
        {
            await using NpgsqlCommand read = new(
                $"""
                select a.attname::varchar(128) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = '{_options.Schema}' and c.relname = '{table.Name}' and a.attnum > 0 and not a.attisdropped
                """,
                target
            );
            await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                there.Add(reader.GetString(0));
            }
        });
        foreach (CloudColumn column in table.Columns.Where(column => !there.Contains(column.Name)))
        {
            await ExecuteAsync(target, merge.AddColumn(column), cancellationToken);
        }
    }

    /// <summary>From one PostgreSQL to the other the bytes go as they are.</summary>
    private static async Task CopyAsync(
        NpgsqlConnection target,
        CloudTable table,
        string rows,
        NpgsqlConnection gold,
        CancellationToken cancellationToken
    )
    {
        string columns = string.Join(", ", table.Columns.Select(column => $"\"{column.Name}\""));
        await using NpgsqlRawCopyStream from = await gold.BeginRawBinaryCopyAsync(
            $"copy ({rows}) to stdout (format binary)",
            cancellationToken
        );
        // Not disposed where it fails: that would end what was copied as if it were all. The connection ends it.
        NpgsqlRawCopyStream to = await GuardAsync(() =>
            target.BeginRawBinaryCopyAsync(
                $"copy fecom_staged ({columns}, {CloudTable.Deleted}) from stdin (format binary)",
                cancellationToken
            )
        );
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and int read)
        {
            await GuardAsync(() => to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).AsTask());
        }

        await GuardAsync(() => to.DisposeAsync().AsTask());
    }

    private async Task InsertAsync(
        NpgsqlConnection target,
        CloudTable table,
        string rows,
        NpgsqlConnection gold,
        CancellationToken cancellationToken
    )
    {
        int width = table.Columns.Count;
        int maxRows = MaxParameters / (width + 1);
        await using NpgsqlCommand read = new(rows, gold) { CommandTimeout = 0 };
        await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
        List<NpgsqlParameter> values = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            for (int i = 0; i < width; i++)
            {
                values.Add(
                    new() { NpgsqlDbType = table.Columns[i].Parameter, Value = table.Read(reader, i) ?? DBNull.Value }
                );
            }

            values.Add(new() { Value = reader.GetBoolean(width) });
            if (values.Count / (width + 1) == maxRows)
            {
                await InsertAsync(target, width + 1, values, cancellationToken);
            }
        }

        if (values.Count > 0)
        {
            await InsertAsync(target, width + 1, values, cancellationToken);
        }
    }

    private async Task InsertAsync(
        NpgsqlConnection target,
        int width,
        List<NpgsqlParameter> values,
        CancellationToken cancellationToken
    )
    {
        string rows = string.Join(
            ", ",
            Enumerable
                .Range(0, values.Count / width)
                .Select(row =>
                    $"({string.Join(", ", Enumerable.Range(1, width).Select(at => $"${Text((row * width) + at)}"))})"
                )
        );
        await GuardAsync(async () =>
        {
            await using NpgsqlCommand insert = new($"insert into fecom_staged values {rows}", target)
            {
                CommandTimeout = TimeoutSeconds,
            };
            insert.Parameters.AddRange(values.ToArray());
            await insert.ExecuteNonQueryAsync(cancellationToken);
        });
        values.Clear();
    }

    private async Task NoteAsync(NpgsqlConnection target, CloudBatch batch, CancellationToken cancellationToken)
    {
        string table = LedgerTable;
        await ExecuteAsync(target, $"delete from {table}", cancellationToken);
        await GuardAsync(async () =>
        {
            await using NpgsqlCommand note = new(
                $"insert into {table} (source, batch, batch_id, published_at) values ($1, $2, $3, $4)",
                target
            )
            {
                Parameters =
                {
                    new() { Value = Text(batch.Source) },
                    new() { Value = batch.Number },
                    new() { Value = Text(batch.Id) },
                    new() { Value = time.GetUtcNow().UtcDateTime },
                },
            };
            await note.ExecuteNonQueryAsync(cancellationToken);
        });
    }

    private Task<long> ExecuteAsync(NpgsqlConnection target, string sql, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            await using NpgsqlCommand command = new(sql, target) { CommandTimeout = TimeoutSeconds };
            return (long)await command.ExecuteNonQueryAsync(cancellationToken);
        });

    private Task<T> AskAsync<T>(NpgsqlConnection target, string sql, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            await using NpgsqlCommand command = new(sql, target) { CommandTimeout = TimeoutSeconds };
            return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
        });

    private static Task GuardAsync(Func<Task> work) =>
        GuardAsync(async () =>
        {
            await work();
            return true;
        });

    /// <summary>What the target's server says, without the connection string.</summary>
    private static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NpgsqlException e)
        {
            throw new CloudTargetException(
                $"The cloud warehouse does not do its work ({CloudOptions.Section}:Postgres): {FailureText.Of(e)}",
                e
            );
        }
    }

    private static string Text(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
