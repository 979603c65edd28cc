using Fecom.Platform.Storage;
using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>
/// What the target has yet to take. Triggers note the keys of changed rows in the transaction that changes them: only what has
/// passed the quality rules is ever noted, and nothing is missed, however late a transaction commits.
/// </summary>
internal sealed class CloudChanges(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Slices of events that go at once.</summary>
    private const int BatchSlices = 4;

    private static readonly (string Event, string Rows)[] Kinds =
    [
        ("insert", "new"),
        ("update", "new"),
        ("delete", "old"),
    ];

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Begins to note the changes of all tables for a target, unless that is so already.</summary>
    public async Task FollowAsync(string identity, IReadOnlyList<GoldTable> tables, CancellationToken cancellationToken)
    {
        (string Table, string Event, string Sql)[] wanted = [.. tables.SelectMany(Triggers)];
        HashSet<(string, string)> there = [.. await ThereAsync(cancellationToken)];
        bool isKnown = await database.ReadAsync<bool>(
            """
            select coalesce(t.identity = @identity and t.installation = w.installation, false) from cloud.target t, lake.writer w
            """,
            new { identity },
            cancellationToken
        );
        (string Table, string Event, string Sql)[] missing =
        [
            .. wanted.Where(trigger => !there.Contains((trigger.Table, Name(trigger.Event)))),
        ];
        if (isKnown && missing.Length == 0)
        {
            return;
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await SliceTransaction.HoldUpAsync(connection, cancellationToken);
        foreach ((_, _, string sql) in missing)
        {
            await ExecuteAsync(connection, sql, cancellationToken);
        }

        if (!isKnown)
        {
            await ExecuteAsync(connection, Forget, cancellationToken);
            await ExecuteAsync(
                connection,
                """
                update cloud.target t
                set identity = @identity, installation = w.installation,
                    source = case when t.installation <> w.installation then gen_random_uuid() else t.source end
                from lake.writer w
                """,
                cancellationToken,
                new NpgsqlParameter("identity", identity)
            );
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Notes no change any more.</summary>
    /// <returns>Whether any was noted before.</returns>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Table, string Trigger)> there = await ThereAsync(cancellationToken);
        if (
            there.Count == 0
            && await database.ReadAsync<bool>("select identity is null from cloud.target", null, cancellationToken)
        )
        {
            return false;
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await SliceTransaction.HoldUpAsync(connection, cancellationToken);
        foreach ((string table, string trigger) in there)
        {
            await ExecuteAsync(connection, $"drop trigger if exists {trigger} on gold.{table}", cancellationToken);
        }

        await ExecuteAsync(connection, Forget, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>
    /// The batch that was cut off, or else a new one of what was noted, and of tables that the target has not or with other columns. Of
    /// the one that was cut off too tables go whole whose columns changed since.
    /// </summary>
    /// <returns>Null when there is nothing to publish.</returns>
    public async Task<CloudBatch?> NextAsync(
        IReadOnlyList<CloudTable> tables,
        int rows,
        CancellationToken cancellationToken
    )
    {
        string[] names = [.. tables.Select(table => table.Name)];
        string[] columns = [.. tables.Select(table => table.Fingerprint)];
        await ReplanAsync(names, columns, cancellationToken);
        if (await OpenAsync(cancellationToken) is { } open)
        {
            return open;
        }

        await using (NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken))
        await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            await using NpgsqlCommand plan = new(
                """
                with whole as (
                    select coalesce(array_agg(t.name), '{}') as names
                    from unnest(@names, @columns) as t (name, columns)
                    where not exists (select from cloud.published_table p where p.table_name = t.name and p.columns = t.columns)
                )
                insert into cloud.batch (whole, created_at)
                select names, @now from whole where names <> '{}' or exists (select from cloud.change)
                returning batch, whole
                """,
                connection
            )
            {
                Parameters = { new("names", names), new("columns", columns), new("now", Now) },
            };
            (long Batch, string[] Whole)? made = null;
            await using (NpgsqlDataReader reader = await plan.ExecuteReaderAsync(cancellationToken))
            {
                if (await reader.ReadAsync(cancellationToken))
                {
                    made = (reader.GetInt64(0), reader.GetFieldValue<string[]>(1));
                }
            }

            if (made is not { } batch)
            {
                return null;
            }

            await ExecuteAsync(
                connection,
                """
                update cloud.change c set batch = @batch where table_name = any(@whole);
                update cloud.change c set batch = @batch
                from (
                    (select ctid from cloud.change where batch is null and key is not null limit @rows)
                    union all
                    (select ctid from cloud.change where batch is null and slice is not null limit @slices)
                ) as taken
                where c.ctid = taken.ctid
                """,
                cancellationToken,
                new("batch", batch.Batch),
                new("whole", batch.Whole),
                new("rows", rows),
                new("slices", BatchSlices)
            );
            await transaction.CommitAsync(cancellationToken);
        }

        return await OpenAsync(cancellationToken);
    }

    /// <summary>
    /// The target has the batch. It has the columns of now only of tables that went whole, and only when they went now: of a batch that it
    /// took before, nobody knows here which columns that had.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="tables">The tables of which it has something.</param>
    /// <param name="counts">What was published; null when the target had the batch already.</param>
    /// <param name="cancellationToken">Gives up; the batch is published again then.</param>
    public async Task CompleteAsync(
        CloudBatch batch,
        IReadOnlyList<CloudTable> tables,
        CloudCounts? counts,
        CancellationToken cancellationToken
    )
    {
        CloudTable[] whole = counts is null ? [] : [.. tables.Where(batch.IsWhole)];
        await database.ExecuteAsync(
            """
            delete from cloud.change where batch = @Number;
            update cloud.batch set published_at = @Now, rows = @Rows, deletions = @Deletions where batch = @Number;
            update cloud.published_table set published_at = @Now where table_name = any(@names);
            insert into cloud.published_table (table_name, columns, published_at)
            select name, columns, @Now from unnest(@wholeNames, @wholeColumns) as t (name, columns)
            on conflict (table_name) do update set columns = excluded.columns, published_at = excluded.published_at;
            update cloud.target set batch = @Number, batch_id = @Id, published_at = @Now, away_since = null, failure = null
            """,
            new
            {
                batch.Number,
                batch.Id,
                Now,
                Rows = counts?.Rows ?? 0,
                Deletions = counts?.Deletions ?? 0,
                names = tables.Select(table => table.Name).ToArray(),
                wholeNames = whole.Select(table => table.Name).ToArray(),
                wholeColumns = whole.Select(table => table.Fingerprint).ToArray(),
            },
            cancellationToken
        );
    }

    /// <summary>Gold goes to the target whole with the next batch.</summary>
    public Task StartOverAsync(bool newSource, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            delete from cloud.published_table;
            update cloud.change set batch = null where batch is not null;
            delete from cloud.batch where published_at is null;
            update cloud.target
            set batch = null, batch_id = null, source = case when @newSource then gen_random_uuid() else source end
            """,
            new { newSource },
            cancellationToken
        );

    /// <summary>An attempt failed.</summary>
    public Task FailAsync(string failure, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update cloud.target set failure = @failure, away_since = coalesce(away_since, @Now)",
            new { failure, Now },
            cancellationToken
        );

    /// <summary>Nothing is to be published, and nothing hinders it.</summary>
    public Task RestAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update cloud.target set failure = null, away_since = null where failure is not null",
            null,
            cancellationToken
        );

    /// <summary>Batches that were published before a moment, with the name that this database has at the target.</summary>
    public Task<IReadOnlyList<(long Batch, Guid Source)>> OldAsync(
        DateTime before,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<(long, Guid)>(
            "select b.batch, t.source from cloud.batch b, cloud.target t where b.published_at < @before order by b.batch",
            new { before },
            cancellationToken
        );

    public Task ForgetAsync(long batch, CancellationToken cancellationToken) =>
        database.ExecuteAsync("delete from cloud.batch where batch = @batch", new { batch }, cancellationToken);

    /// <summary>Tables of a batch that was cut off go whole when their columns have changed since they went whole last.</summary>
    private Task ReplanAsync(string[] names, string[] columns, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            update cloud.batch b
            set whole = b.whole || array(
                select t.name from unnest(@names, @columns) as t (name, columns)
                where t.name <> all(b.whole)
                    and exists (select from cloud.change c where c.batch = b.batch and c.table_name = t.name)
                    and not exists (select from cloud.published_table p where p.table_name = t.name and p.columns = t.columns))
            where b.published_at is null
            """,
            new { names, columns },
            cancellationToken
        );

    private Task<CloudBatch?> OpenAsync(CancellationToken cancellationToken) =>
        database.FindAsync<CloudBatch>(
            """
            select b.batch as "Number", b.id as "Id", t.source as "Source", t.batch as "BeforeNumber", t.batch_id as "BeforeId",
                b.whole as "Whole", array(
                    select unnest(b.whole) union select table_name from cloud.change where batch = b.batch order by 1) as "Tables"
            from cloud.batch b, cloud.target t where b.published_at is null order by b.batch limit 1
            """,
            null,
            cancellationToken
        );

    private Task<IReadOnlyList<(string Table, string Trigger)>> ThereAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<(string, string)>(
            """
            select c.relname::text, t.tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
            where c.relnamespace = 'gold'::regnamespace and t.tgname like 'fecom\_cloud\_%' and not c.relispartition
            """,
            null,
            cancellationToken
        );

    private static string Name(string kind) => $"fecom_cloud_{kind}";

    /// <summary>Of a table whose rows go by slice only deletions are noted by key.</summary>
    private static IEnumerable<(string Table, string Event, string Sql)> Triggers(GoldTable table) =>
        Kinds
            .Where(kind => table.Slices is null || kind.Event == "delete")
            .Select(kind =>
                (
                    table.Name,
                    kind.Event,
                    $"""
                    create or replace trigger {Name(kind.Event)} after {kind.Event} on gold.{table.Name}
                    referencing {kind.Rows} table as changed for each statement
                    execute function cloud.note_change({string.Join(", ", table.Key.Select(key => $"'{key}'"))})
                    """
                )
            );

    private const string Forget = """
        delete from cloud.change;
        delete from cloud.published_table;
        delete from cloud.batch;
        update cloud.target
        set identity = null, batch = null, batch_id = null, published_at = null, away_since = null, failure = null
        """;

    private static async Task ExecuteAsync(
        NpgsqlConnection connection,
        string sql,
        CancellationToken cancellationToken,
        params NpgsqlParameter[] parameters
    )
    {
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
