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
                update training.run set state = 'failed', finished_at = @now, error = 'The host stopped before the run ended.'
                where job = @job and state = 'running';
                insert into training.run (job, state, started_at, parameters)
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
    public Task EndAsync(long run, string state, string? error) =>
        ExecuteAsync(
            "update training.run set state = @state, error = @error, finished_at = @now where id = @run",
            new
            {
                run,
                state,
                error,
                now = Now,
            },
            CancellationToken.None
        );

    /// <summary>Runs with their metrics, newest first.</summary>
    /// <param name="job">Of this job only; null for all.</param>
    /// <param name="before">Below this number.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<TrainingRunAnswer>> ListAsync(
        string? job,
        long before,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        SqlMapper.GridReader answer = await connection.QueryMultipleAsync(
            new CommandDefinition(
                """
                select id, job, state, started_at as StartedAt, finished_at as FinishedAt, progress, error
                from training.run where id < @before and (@job::text is null or job = @job) order by id desc limit @limit;
                select run_id as RunId, name, value from training.run_metric
                where run_id in (select id from training.run where id < @before and (@job::text is null or job = @job) order by id desc limit @limit)
                order by run_id, name
                """,
                new
                {
                    job,
                    before,
                    limit,
                },
                cancellationToken: cancellationToken
            )
        );
        IEnumerable<RunRow> runs = await answer.ReadAsync<RunRow>();
        ILookup<long, MetricRow> metrics = (await answer.ReadAsync<MetricRow>()).ToLookup(metric => metric.RunId);
        return [.. runs.Select(run => run.With(metrics[run.Id]))];
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }

    private sealed record RunRow(
        long Id,
        string Job,
        string State,
        DateTime StartedAt,
        DateTime? FinishedAt,
        string? Progress,
        string? Error
    )
    {
        public TrainingRunAnswer With(IEnumerable<MetricRow> metrics) =>
            new(
                Id,
                Job,
                State,
                StartedAt,
                FinishedAt,
                Progress,
                Error,
                metrics.ToDictionary(metric => metric.Name, metric => metric.Value)
            );
    }

    private sealed record MetricRow(long RunId, string Name, double Value);
}
