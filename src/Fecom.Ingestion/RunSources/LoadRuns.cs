using Dapper;
using Fecom.Ingestion.RunOnOneHost;
using Npgsql;

namespace Fecom.Ingestion.RunSources;

/// <summary>The requested loads, in PostgreSQL: whichever host replays takes them from there.</summary>
internal sealed class LoadRuns(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = """
        id as "Id", source as "Source", state as "State", requested_at as "RequestedAt", started_at as "StartedAt",
        finished_at as "FinishedAt", rows as "Rows", error as "Error"
        """;

    /// <summary>Wakes the replay when it runs on this host; on another one it looks at its next interval.</summary>
    public Signal Requested { get; } = new();

    public async Task<LoadRun> RequestAsync(string source, CancellationToken cancellationToken)
    {
        LoadRun run = new()
        {
            Id = Guid.CreateVersion7(),
            Source = source,
            State = "requested",
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
        Requested.Set();
        return run;
    }

    public async Task<LoadRun?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<LoadRun>(
            new CommandDefinition($"select {Columns} from ingestion.load_run where id = @id", new { id }, cancellationToken: cancellationToken)
        );
    }

    /// <summary>Takes the open runs; one that a host left unfinished is taken again.</summary>
    public async Task<IReadOnlyList<LoadRun>> TakeAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<LoadRun> runs = await connection.QueryAsync<LoadRun>(
            new CommandDefinition(
                $"""
                update ingestion.load_run set state = 'running', started_at = @now
                where state in ('requested', 'running') returning {Columns}
                """,
                new { now = time.GetUtcNow().UtcDateTime },
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
