using System.Collections.Concurrent;
using Dapper;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Npgsql;

namespace Fecom.Ingestion.Shared.RunSources;

/// <summary>The requested loads, in PostgreSQL: whichever host loads that kind of source takes them from there.</summary>
/// <remarks>A source's kind is its name up to the first colon: <c>file</c>, <c>fecom</c>.</remarks>
internal sealed class LoadRuns(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = """
        id as "Id", source as "Source", state as "State", requested_at as "RequestedAt", started_at as "StartedAt",
        finished_at as "FinishedAt", rows as "Rows", error as "Error"
        """;

    private readonly ConcurrentDictionary<string, Signal> _requested = new(StringComparer.Ordinal);

    /// <summary>Wakes who loads sources of a kind when it is on this host; on another one it looks at its next interval.</summary>
    public Signal Requested(string kind) => _requested.GetOrAdd(kind, _ => new Signal());

    public async Task<LoadRun> RequestAsync(string source, CancellationToken cancellationToken)
    {
        LoadRun run = new()
        {
            Id = Guid.CreateVersion7(),
            Source = source,
            State = "waiting",
            RequestedAt = time.GetUtcNow().UtcDateTime,
        };
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                insert into ingestion.load_run (id, source, state, requested_at, rows)
                values (@Id, @Source, @State, @RequestedAt, 0)
                """,
                run,
                cancellationToken: cancellationToken
            )
        );
        Requested(source.Split(':')[0]).Set();
        return run;
    }

    public async Task<LoadRun?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<LoadRun>(
            new CommandDefinition(
                $"select {Columns} from ingestion.load_run where id = @id",
                new { id },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>The newest runs first.</summary>
    public async Task<IReadOnlyList<LoadRun>> ListAsync(int skip, int count, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<LoadRun> runs = await connection.QueryAsync<LoadRun>(
            new CommandDefinition(
                $"select {Columns} from ingestion.load_run order by requested_at desc, id desc limit @count offset @skip",
                new { count, skip },
                cancellationToken: cancellationToken
            )
        );
        return runs.AsList();
    }

    /// <summary>Takes the open runs of a kind; one that a host left unfinished is taken again.</summary>
    public async Task<IReadOnlyList<LoadRun>> TakeAsync(string kind, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<LoadRun> runs = await connection.QueryAsync<LoadRun>(
            new CommandDefinition(
                $"""
                update ingestion.load_run set state = 'running', started_at = @now
                where state in ('waiting', 'running') and split_part(source, ':', 1) = @kind returning {Columns}
                """,
                new { kind, now = time.GetUtcNow().UtcDateTime },
                cancellationToken: cancellationToken
            )
        );
        return runs.AsList();
    }

    public async Task FinishAsync(Guid id, long rows, string? error, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                update ingestion.load_run
                set state = case when @error::text is null then 'completed' else 'failed' end, finished_at = @now, rows = @rows, error = @error
                where id = @id
                """,
                new
                {
                    id,
                    rows,
                    error,
                    now = time.GetUtcNow().UtcDateTime,
                },
                cancellationToken: cancellationToken
            )
        );
    }
}
