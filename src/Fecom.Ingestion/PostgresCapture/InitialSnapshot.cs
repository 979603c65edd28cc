using Dapper;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using NpgsqlTypes;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>
/// Takes the rows that exist at the beginning: creates the slot, reads the table as it was at exactly the LSN where
/// the slot's changes begin, and stores the rows in Fecom's PostgreSQL. In one transaction there they get their permanent positions
/// and the slot's LSN is stored; only then is anything sent. After a crash before that it starts over with a new slot.
/// </summary>
internal sealed partial class InitialSnapshot(
    NpgsqlDataSource database,
    SourceDatabase source,
    SourceSetup setup,
    CaptureTable table,
    IOptions<CaptureOptions> options,
    TimeProvider time,
    ILogger<InitialSnapshot> logger
)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <exception cref="CaptureException">The source lacks something.</exception>
    public async Task<CaptureState> TakeAsync(
        CaptureState state,
        LogicalReplicationConnection replication,
        SourceProgress progress,
        CancellationToken cancellationToken
    )
    {
        int attempt = await BeginAttemptAsync(state, cancellationToken);
        await using NpgsqlConnection sql = await source.OpenAsync(cancellationToken);
        PublishedTable published = await setup.PublishAsync(sql, cancellationToken);
        await setup.DropSlotAsync(replication, sql, cancellationToken);
        PgOutputReplicationSlot slot = await CreateSlotAsync(replication, progress, cancellationToken);
        await using NpgsqlTransaction snapshot = await sql.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead,
            cancellationToken
        );
        await using (NpgsqlCommand use = new($"set transaction snapshot '{slot.SnapshotName}'", sql))
        {
            await use.ExecuteNonQueryAsync(cancellationToken);
        }

        long began = time.GetTimestamp();
        long rows = await KeepAsync(state, attempt, sql, published, slot.ConsistentPoint, cancellationToken);
        LogTaken(state.Source, rows, slot.ConsistentPoint.ToString(), time.GetElapsedTime(began).TotalSeconds);
        return (await table.CurrentAsync(state.TableName, cancellationToken))!;
    }

    /// <summary>A slot begins where all transactions that were open have ended, and that may take as long as the longest of them.</summary>
    private async Task<PgOutputReplicationSlot> CreateSlotAsync(
        LogicalReplicationConnection replication,
        SourceProgress progress,
        CancellationToken cancellationToken
    )
    {
        Task<PgOutputReplicationSlot> slot = setup.CreateSlotAsync(replication, cancellationToken);
        if (
            await Task.WhenAny(slot, Task.Delay(Timeout, time, cancellationToken)) != slot
            && !cancellationToken.IsCancellationRequested
        )
        {
            progress.ReportSending(
                "The slot is made once the transactions that are open on the source have ended: see pg_stat_activity there."
            );
        }

        return await slot;
    }

    private async Task<int> BeginAttemptAsync(CaptureState state, CancellationToken cancellationToken)
    {
        int? attempt = await database.FindAsync<int?>(
            "update ingestion.capture set attempt = attempt + 1 where source = @Source and state = 'snapshot' returning attempt",
            new { state.Source },
            cancellationToken
        );
        return attempt ?? throw Replaced();
    }

    private async Task<long> KeepAsync(
        CaptureState state,
        int attempt,
        NpgsqlConnection sql,
        PublishedTable published,
        NpgsqlLogSequenceNumber lsn,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection own = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await own.BeginTransactionAsync(cancellationToken);
        await own.ExecuteAsync(
            new CommandDefinition(
                "delete from ingestion.capture_row",
                transaction: transaction,
                cancellationToken: cancellationToken
            )
        );
        long rows = options.Value.Snapshot ? await CopyAsync(state, sql, own, published, lsn, cancellationToken) : 0;
        int noted = await own.ExecuteAsync(
            new CommandDefinition(
                """
                update ingestion.capture
                set state = case when @rows > 0 then 'sending' else 'streaming' end, lsn = @lsn::pg_lsn, snapshot_rows = @rows, published = @Identity
                where source = @Source and state = 'snapshot' and attempt = @attempt
                """,
                new
                {
                    state.Source,
                    attempt,
                    rows,
                    lsn = lsn.ToString(),
                    published.Identity,
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        if (noted == 0)
        {
            throw Replaced();
        }

        await transaction.CommitAsync(cancellationToken);
        return rows;
    }

    private async Task<long> CopyAsync(
        CaptureState state,
        NpgsqlConnection sql,
        NpgsqlConnection own,
        PublishedTable published,
        NpgsqlLogSequenceNumber lsn,
        CancellationToken cancellationToken
    )
    {
        (string schema, string name) = options.Value.TableName;
        using ChangeJson json = new(state.DatabaseName, schema, name);
        ChangePlace place = new((ulong)lsn, Transaction: null, time.GetUtcNow().UtcDateTime, Snapshot: true);
        CapturedRow row = new();
        // Values as text, exactly as the replication stream sends them.
        await using NpgsqlCommand select = new(setup.Select(published), sql) { AllResultTypesAreUnknown = true };
        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        await using NpgsqlBinaryImporter importer = await own.BeginBinaryImportAsync(
            "copy ingestion.capture_row (position, key, value) from stdin (format binary)",
            cancellationToken
        );
        long position = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            position++;
            row.Clear();
            for (int column = 0; column < published.Columns.Count; column++)
            {
                row.Add(reader.IsDBNull(column) ? null : reader.GetString(column));
            }

            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(position, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(
                ChangeJson.Key(published.Columns, row, position),
                NpgsqlDbType.Bytea,
                cancellationToken
            );
            await importer.WriteAsync(
                json.Write('r', published.Columns, before: null, beforeIsKey: false, row, place, place.CommittedAt),
                NpgsqlDbType.Bytea,
                cancellationToken
            );
        }

        await importer.CompleteAsync(cancellationToken);
        return position;
    }

    private static CaptureException Replaced() => new("Another host takes the snapshot.");

    [LoggerMessage(
        LogLevel.Information,
        "{Source}: took a snapshot of {Rows} rows at {Lsn} in {Seconds:0.0} s; changes follow from there"
    )]
    private partial void LogTaken(string source, long rows, string lsn, double seconds);
}
