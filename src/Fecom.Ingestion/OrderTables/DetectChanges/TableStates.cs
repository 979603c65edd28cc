using System.Text.Json;
using Dapper;
using Npgsql;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>The last snapshot of a table, as recorded in PostgreSQL.</summary>
internal sealed record TableSnapshot
{
    public required string TableName { get; init; }

    public required long Number { get; init; }

    public required long Position { get; init; }

    public required string FileName { get; init; }

    public long Rows { get; init; }

    public long Created { get; init; }

    public long Updated { get; init; }

    public long Deleted { get; init; }

    public long Held { get; init; }

    /// <summary>A <see cref="DetectChanges.Findings"/> in JSON.</summary>
    public string Findings { get; init; } = "{}";

    public string? Notice { get; init; }

    public required DateTime TakenAt { get; init; }

    public required DateTime FinishedAt { get; init; }
}

/// <summary>A file of a table, as it was at the last poll.</summary>
internal sealed record TableFile
{
    public required string FileName { get; init; }

    public required string TableName { get; init; }

    public required string State { get; init; }

    public required long Size { get; init; }

    public required DateTime ModifiedAt { get; init; }

    public string? Notice { get; init; }

    public string? LastError { get; init; }

    public required DateTime LookedAt { get; init; }
}

/// <summary>The SQL for the tables' snapshots and files.</summary>
internal sealed class TableStates(NpgsqlDataSource database)
{
    private const string KeepFile = """
        insert into ingestion.table_file (file_name, table_name, state, size, modified_at, notice, last_error, looked_at)
        values (@FileName, @TableName, @State, @Size, @ModifiedAt, @Notice, @LastError, @LookedAt)
        on conflict (file_name) do update set table_name = excluded.table_name, state = excluded.state, size = excluded.size,
            modified_at = excluded.modified_at, notice = excluded.notice, last_error = excluded.last_error, looked_at = excluded.looked_at
        """;

    private Guid? _instance;

    /// <summary>Identifies this database.</summary>
    public async Task<Guid> InstanceAsync(CancellationToken cancellationToken) =>
        _instance ??= (await QueryAsync<Guid>("select id from ingestion.instance", cancellationToken))[0];

    public Task<IReadOnlyList<TableSnapshot>> SnapshotsAsync(CancellationToken cancellationToken) =>
        QueryAsync<TableSnapshot>(
            """
            select table_name as "TableName", number as "Number", position as "Position", file_name as "FileName", rows as "Rows",
                created as "Created", updated as "Updated", deleted as "Deleted", held as "Held", findings as "Findings", notice as "Notice",
                taken_at as "TakenAt", finished_at as "FinishedAt"
            from ingestion.table_snapshot order by table_name
            """,
            cancellationToken
        );

    public Task<IReadOnlyList<TableFile>> FilesAsync(CancellationToken cancellationToken) =>
        QueryAsync<TableFile>(
            """
            select file_name as "FileName", table_name as "TableName", state as "State", size as "Size", modified_at as "ModifiedAt",
                notice as "Notice", last_error as "LastError", looked_at as "LookedAt"
            from ingestion.table_file order by looked_at
            """,
            cancellationToken
        );

    /// <summary>Records that every sink has the snapshot's changes, and that its file is taken.</summary>
    /// <returns>False when another host has recorded a later snapshot meanwhile.</returns>
    public async Task<bool> AdvanceAsync(TableSnapshot snapshot, TableFile file, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        int advanced = await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into ingestion.table_snapshot as t (table_name, number, position, file_name, rows, created, updated, deleted, held,
                    findings, notice, taken_at, finished_at)
                values (@TableName, @Number, @Position, @FileName, @Rows, @Created, @Updated, @Deleted, @Held, @Findings::jsonb, @Notice,
                    @TakenAt, @FinishedAt)
                on conflict (table_name) do update set number = excluded.number, position = excluded.position,
                    file_name = excluded.file_name, rows = excluded.rows, created = excluded.created, updated = excluded.updated,
                    deleted = excluded.deleted, held = excluded.held, findings = excluded.findings, notice = excluded.notice,
                    taken_at = excluded.taken_at, finished_at = excluded.finished_at
                where t.number = excluded.number - 1
                """,
                snapshot,
                transaction,
                cancellationToken: cancellationToken
            )
        );
        if (advanced > 0)
        {
            await connection.ExecuteAsync(
                new CommandDefinition(KeepFile, file, transaction, cancellationToken: cancellationToken)
            );
        }

        await transaction.CommitAsync(cancellationToken);
        return advanced > 0;
    }

    public Task KeepFileAsync(TableFile file, CancellationToken cancellationToken) =>
        ExecuteAsync(KeepFile, file, cancellationToken);

    /// <summary>Deletes the records of missing files that were never taken.</summary>
    public Task ForgetMissingAsync(string[] present, CancellationToken cancellationToken) =>
        ExecuteAsync(
            "delete from ingestion.table_file where state <> 'completed' and not file_name = any(@present)",
            new { present },
            cancellationToken
        );

    public static Findings FindingsOf(TableSnapshot snapshot) =>
        JsonSerializer.Deserialize<Findings>(snapshot.Findings) ?? new Findings();

    private async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return (
            await connection.QueryAsync<T>(new CommandDefinition(sql, cancellationToken: cancellationToken))
        ).AsList();
    }

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }
}
