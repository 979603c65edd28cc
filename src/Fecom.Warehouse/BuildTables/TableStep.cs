using Fecom.Contracts;
using Fecom.Platform.Storage;
using Fecom.Warehouse.Slices;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.BuildTables;

/// <summary>Takes the changes of a Fecom table from bronze to silver, a piece in a transaction.</summary>
internal sealed class TableStep(NpgsqlDataSource database, IOptions<WarehouseOptions> options, TimeProvider time)
{
    private const string Take = """
        create temporary table change_pending on commit drop as
        select batch, month, changes, written_at from bronze.change_batch where table_name = @table and batch > @after and batch <= @upto;
        """;

    private const string Done = """
        update silver.table_state s
        set changes = s.changes + t.changes, watermark = greatest(s.watermark, t.changed_at),
            written_at = greatest(s.written_at, t.written_at), done_at = @now
        from (
            select (select count(*) from change_taken) as changes, (select max(changed_at) from change_taken) as changed_at,
                (select max(written_at) from change_pending) as written_at
        ) as t
        where s.part = @table;
        delete from bronze.change_batch where batch in (select batch from change_pending);
        """;

    /// <summary>Where the piece that follows a batch ends.</summary>
    /// <returns>Its last batch, and the changes that bronze announced; null when there is no more.</returns>
    public async Task<(long Batch, long Changes)?> EndAsync(
        FecomTable table,
        long after,
        CancellationToken cancellationToken
    )
    {
        (long? batch, long changes) = await database.ReadAsync<(long?, long)>(
            """
            select max(batch), coalesce(sum(changes), 0)::bigint
            from (
                select batch, sum(changes) as changes, sum(sum(changes)) over (order by batch) - sum(changes) as before
                from bronze.change_batch where table_name = @Name and batch > @after group by batch
            ) as pending
            where before < @size
            """,
            new
            {
                table.Name,
                after,
                size = (long)options.Value.SliceEvents,
            },
            cancellationToken
        );
        return batch is { } last ? (last, changes) : null;
    }

    /// <exception cref="QualityException">The piece fails a rule, and stays in bronze.</exception>
    public async Task RunAsync(FecomTable table, long after, long upto, CancellationToken cancellationToken)
    {
        SilverTable silver = new(table);
        await using SliceTransaction work = await SliceTransaction.BeginAsync(
            database,
            [SliceTransaction.ToSilver],
            [
                new("table", table.Name),
                new("after", after),
                new("upto", upto),
                new("now", time.GetUtcNow().UtcDateTime),
            ],
            cancellationToken
        );
        await work.ExecuteAsync(SliceTransaction.ByKeys, cancellationToken);
        await work.ExecuteAsync(Take + silver.Take, cancellationToken);
        await work.ExecuteAsync(silver.End, cancellationToken);
        if (silver.Touch is { } touch)
        {
            await work.ExecuteAsync(touch, cancellationToken);
        }

        await work.CheckAsync(Rules(silver), cancellationToken);
        await work.ExecuteAsync(Done, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    private static QualityRule[] Rules(SilverTable silver) =>
        [
            new(
                "bronze_changes_reconcile",
                "batches of bronze that have another number of changes than the sink wrote (batch/month: there of written)",
                // None is there when its partition was dropped: then somebody wants to be without them.
                """
                select format('%s/%s: %s of %s', p.batch, to_char(p.month, 'YYYY-MM'), t.changes, p.changes) from change_pending p
                join (
                    select batch, date_trunc('month', changed_at at time zone 'UTC')::date as month, count(*) as changes
                    from change_taken group by 1, 2
                ) as t on t.batch = p.batch and t.month = p.month
                where t.changes <> p.changes
                """
            ),
            new("silver_changes_reconcile", "changes of bronze that silver does not have", silver.Missing),
            new("silver_keys_unique", "keys that have several current rows", silver.Repeated),
        ];
}
