using System.Text.Json;
using Dapper;
using Npgsql;

namespace Fecom.Training.TrackRuns;

/// <summary>Keeps a record of every training run.</summary>
internal sealed class RunLog(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Opens a run. One run a job is under way at a time, so one still open was cut off by a crash and is closed as failed.</summary>
    public async Task<long> StartAsync(
        string job,
        IReadOnlyDictionary<string, object> parameters,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition(
                """
                update training.run set status = 'failed', ended_at = @now, error = 'The host stopped before the run ended.'
                where job = @job and status = 'running';
                insert into training.run (job, status, started_at, parameters)
                values (@job, 'running', @now, @parameters::jsonb) returning id
                """,
                new
                {
                    job,
                    now = Now,
                    parameters = JsonSerializer.Serialize(parameters),
                },
                cancellationToken: cancellationToken
            )
        );
    }

    public Task ReportAsync(long run, string progress, CancellationToken cancellationToken) =>
        ExecuteAsync(
            "update training.run set progress = @progress where id = @run",
            new { run, progress },
            cancellationToken
        );

    public Task MeasureAsync(
        long run,
        IReadOnlyDictionary<string, double> metrics,
        CancellationToken cancellationToken
    ) =>
        ExecuteAsync(
            """
            insert into training.run_metric (run_id, name, value)
            select @run, m.name, m.value from unnest(@names, @values) as m (name, value)
            on conflict (run_id, name) do update set value = excluded.value
            """,
            new
            {
                run,
                names = metrics.Keys.ToArray(),
                values = metrics.Values.ToArray(),
            },
            cancellationToken
        );

    /// <summary>Closes a run. Not cancellable: how it ended is kept even while the host stops.</summary>
    public Task EndAsync(long run, string status, string? error) =>
        ExecuteAsync(
            "update training.run set status = @status, error = @error, ended_at = @now where id = @run",
            new
            {
                run,
                status,
                error,
                now = Now,
            },
            CancellationToken.None
        );

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }
}
