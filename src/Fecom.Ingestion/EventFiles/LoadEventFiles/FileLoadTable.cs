using Dapper;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>The loads of files, in PostgreSQL.</summary>
internal sealed class FileLoadTable(NpgsqlDataSource database, TimeProvider time)
{
    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Every load, the newest of a file first.</summary>
    public async Task<IReadOnlyList<FileLoad>> AllAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<FileLoad> loads = await connection.QueryAsync<FileLoad>(
            new CommandDefinition(
                """
                select id as "Id", source as "Source", file_name as "FileName", fingerprint as "Fingerprint", generation as "Generation",
                    state as "State", size as "Size", modified_at as "ModifiedAt", next_line as "NextLine", next_offset as "NextOffset",
                    tail_hash as "TailHash", rows as "Rows", malformed as "Malformed", bytes_read as "BytesRead",
                    last_line_sent as "LastLineSent", started_at as "StartedAt", finished_at as "FinishedAt", notice as "Notice",
                    last_error as "LastError", missing_since as "MissingSince"
                from ingestion.file_load order by file_name, started_at desc
                """,
                cancellationToken: cancellationToken
            )
        );
        return loads.AsList();
    }

    /// <summary>Begins or resumes a load: stores the file's current size and time, and closes other loads of the same file name.</summary>
    public Task StartAsync(FileLoad load, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            delete from ingestion.file_load where file_name = @FileName and fingerprint = '';
            update ingestion.file_load set state = 'replaced'
            where file_name = @FileName and source <> @Source and state in ('loading', 'failed');
            insert into ingestion.file_load (id, source, file_name, fingerprint, generation, state, size, modified_at, next_line,
                next_offset, tail_hash, rows, malformed, bytes_read, last_line_sent, started_at)
            values (@Id, @Source, @FileName, @Fingerprint, @Generation, 'loading', @Size, @ModifiedAt, @NextLine,
                @NextOffset, @TailHash, @Rows, @Malformed, @BytesRead, false, @StartedAt)
            on conflict (source) do update set state = 'loading', size = excluded.size, modified_at = excluded.modified_at, missing_since = null
            """,
            load,
            cancellationToken
        );

    /// <summary>Every sink has the rows before <paramref name="position"/>. A host that lost its lock cannot move it back.</summary>
    public Task StorePositionAsync(Guid id, LoadPosition position, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            update ingestion.file_load
            set next_line = @Line, next_offset = @Offset, tail_hash = @TailHash, rows = @Rows, malformed = @Malformed,
                bytes_read = @BytesRead, finished_at = null, last_error = null
            where id = @id and next_offset <= @Offset
            """,
            new
            {
                id,
                position.Next.Line,
                position.Next.Offset,
                position.TailHash,
                position.Rows,
                position.Malformed,
                position.BytesRead,
            },
            cancellationToken
        );

    public Task CompleteAsync(Guid id, FileEnd end, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            update ingestion.file_load
            set state = 'completed', finished_at = @Now, last_line_sent = @LastLineSent, notice = @Notice, last_error = null
            where id = @id
            """,
            new
            {
                id,
                Now,
                end.LastLineSent,
                end.Notice,
            },
            cancellationToken
        );

    /// <summary>The load stopped for a reason that lies in the file.</summary>
    public Task FailAsync(string source, string error, CancellationToken cancellationToken) =>
        ExecuteAsync(
            "update ingestion.file_load set state = 'failed', last_error = @error where source = @source",
            new { source, error },
            cancellationToken
        );

    /// <summary>Stores the state of a file that is not identified: incomplete, refused, or unreadable.</summary>
    public Task KeepUnidentifiedAsync(FileLoad load, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            insert into ingestion.file_load (id, source, file_name, fingerprint, generation, state, size, modified_at, next_line,
                next_offset, tail_hash, rows, malformed, bytes_read, last_line_sent, started_at, notice, last_error)
            values (@Id, @Source, @FileName, '', 0, @State, @Size, @ModifiedAt, 1, 0, '', 0, 0, 0, false, @StartedAt, @Notice, @LastError)
            on conflict (source) do update set state = excluded.state, size = excluded.size, modified_at = excluded.modified_at,
                notice = excluded.notice, last_error = excluded.last_error
            """,
            load,
            cancellationToken
        );

    /// <summary>
    /// Marks the loads of files that are missing from the folder: deletes those that were never identified, fails unfinished ones, and stores when
    /// the file was first found missing. The loads stay, so that a file that is put back is recognised.
    /// </summary>
    public Task MarkMissingAsync(string[] present, CancellationToken cancellationToken) =>
        ExecuteAsync(
            """
            delete from ingestion.file_load where fingerprint = '' and not file_name = any(@present);
            update ingestion.file_load
            set state = 'failed', last_error = 'The file is gone; it was loaded up to line ' || next_line - 1 || '.'
            where state = 'loading' and not file_name = any(@present);
            update ingestion.file_load set missing_since = case when file_name = any(@present) then null else @Now end
            where (missing_since is null) = (not file_name = any(@present))
            """,
            new { present, Now },
            cancellationToken
        );

    /// <summary>The highest generation of a deleted load: a new source gets a higher one, so that no sink takes it for the old source.</summary>
    public Task<int> ForgottenGenerationAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<int>("select generation from ingestion.forgotten_generation", null, cancellationToken);

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }
}
