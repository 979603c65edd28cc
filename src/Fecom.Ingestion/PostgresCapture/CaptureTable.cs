using Dapper;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The capture's state, in Fecom's own PostgreSQL.</summary>
internal sealed class CaptureTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = """
        table_name as "TableName", generation as "Generation", source as "Source", system_id as "SystemId", database_name as "DatabaseName",
        slot as "Slot", state as "State", lsn::text as "Lsn", position as "Position", snapshot_rows as "SnapshotRows", created as "Created",
        updated as "Updated", deleted as "Deleted", truncated as "Truncated", started_at as "StartedAt", last_error as "LastError",
        published as "Published"
        """;

    /// <summary>The newest generation of a table; null before the first.</summary>
    public async Task<CaptureState?> CurrentAsync(string table, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<CaptureState>(
            new CommandDefinition(
                $"select {Columns} from ingestion.capture where table_name = @table order by generation desc limit 1",
                new { table },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>Whether this Fecom created a slot of that name on that server.</summary>
    public async Task<bool> MadeAsync(SourceServer server, string slot, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<bool>(
            new CommandDefinition(
                "select exists (select from ingestion.capture where system_id = @SystemId and database_name = @Database and slot = @slot)",
                new
                {
                    server.SystemId,
                    server.Database,
                    slot,
                },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>Begins the table's next generation. Its events are another source's, so their positions begin anew.</summary>
    public async Task<CaptureState> BeginAsync(
        string table,
        SourceServer server,
        string slot,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<CaptureState>(
            new CommandDefinition(
                $"""
                with last as (
                    update ingestion.capture set state = 'replaced' where table_name = @table returning generation
                ), next as (
                    select coalesce(max(generation), 0) + 1 as generation from last
                )
                insert into ingestion.capture (table_name, generation, source, system_id, database_name, slot, state, started_at)
                select @table, generation, @source || case when generation > 1 then '#' || generation else '' end,
                    @SystemId, @Database, @slot, 'snapshot', @now
                from next
                returning {Columns}
                """,
                new
                {
                    table,
                    source = CaptureSource.NameOf(table),
                    server.SystemId,
                    server.Database,
                    slot,
                    now = time.GetUtcNow().UtcDateTime,
                },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>Every sink has the snapshot's rows up to <paramref name="position"/>: deletes them.</summary>
    public Task SentAsync(CaptureState state, long position, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            delete from ingestion.capture_row where position <= @position;
            update ingestion.capture
            set position = greatest(position, @position), state = case when @position >= snapshot_rows then 'streaming' else state end
            where source = @Source and state = 'sending'
            """,
            new { state.Source, position },
            cancellationToken
        );

    /// <summary>Every sink has the changes before a place. A host that lost its lock cannot move it back.</summary>
    public Task AdvanceAsync(CaptureState state, CaptureMark mark, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            update ingestion.capture
            set lsn = @lsn::pg_lsn, position = @Position, created = @Created, updated = @Updated, deleted = @Deleted, truncated = @Truncated
            where source = @Source and state = 'streaming' and lsn <= @lsn::pg_lsn
            """,
            new
            {
                state.Source,
                lsn = mark.Lsn.ToString(),
                mark.Position,
                mark.Counts.Created,
                mark.Counts.Updated,
                mark.Counts.Deleted,
                mark.Counts.Truncated,
            },
            cancellationToken
        );

    /// <summary>Stores the identity of table and publication, where an earlier version did not store it at the beginning.</summary>
    public Task NoteAsync(CaptureState state, string published, CancellationToken cancellationToken) =>
        ExecuteAsync(
            "update ingestion.capture set published = @published where source = @Source and published is null",
            new { state.Source, published },
            cancellationToken
        );

    /// <summary>Why the capture waits; null when it goes on.</summary>
    public Task ReportAsync(string table, string? error, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            update ingestion.capture c set last_error = @error
            where table_name = @table and state <> 'replaced' and last_error is distinct from @error
            """,
            new { table, error },
            cancellationToken
        );

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }
}
