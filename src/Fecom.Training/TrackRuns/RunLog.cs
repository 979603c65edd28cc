using System.Text.Json;
using Fecom.Learning.Purchase;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.TrackRuns;

/// <summary>Keeps a record of every training run.</summary>
internal sealed class RunLog(NpgsqlDataSource database, IOptions<MlflowOptions> mlflow, TimeProvider time)
{
    /// <summary>How diagnostics are written in the record.</summary>
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private const string CutOff = "The host stopped before the run ended.";

    /// <summary>
    /// Opens a run. One run a job is under way at a time, so one still open was cut off by a crash and is closed as failed. It answers a
    /// training that was asked for because something has moved, and keeps that reason; also in the place of a run that did not come to its end.
    /// </summary>
    public Task<long> StartAsync(string job, RunStart start, CancellationToken cancellationToken) =>
        database.ReadAsync<long>(
            $"""
            update training.run set state = 'failed', finished_at = @now, error = @CutOff
            where job = @job and state = 'running';
            with asked as (
                select q.id, q.reason from {OpenRequests.OfJob}
            ), run as (
                insert into training.run (job, state, started_at, parameters, seed, code_version, mlflow_key, reason)
                values (@job, 'running', @now, @parameters::jsonb, @Seed, @CodeVersion, case when @isTold then gen_random_uuid() end,
                    (select reason from asked order by id desc limit 1))
                returning id
            ), answered as (
                update training.retraining q set run_id = run.id from run, asked where q.id = asked.id
            )
            select id from run
            """,
            new
            {
                job,
                CutOff,
                now = Now,
                parameters = JsonSerializer.Serialize(start.Parameters),
                start.Seed,
                RunStart.CodeVersion,
                isTold = mlflow.Value.IsEnabled,
            },
            cancellationToken
        );

    public Task ReportAsync(long run, string progress, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set progress = @progress where id = @run",
            new { run, progress },
            cancellationToken
        );

    /// <summary>Keeps which data the run learns from.</summary>
    public Task DescribeDataAsync(long run, string fingerprint, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set data_fingerprint = @fingerprint where id = @run",
            new { run, fingerprint },
            cancellationToken
        );

    /// <summary>Keeps metrics; one that is not a number, such as the AUC of rows that were all bought, was not measured and is left out.</summary>
    public Task MeasureAsync(long run, IReadOnlyDictionary<string, double> metrics, CancellationToken cancellationToken)
    {
        KeyValuePair<string, double>[] measured = [.. metrics.Where(metric => double.IsFinite(metric.Value))];
        return database.ExecuteAsync(
            """
            insert into training.run_metric (run_id, name, value)
            select @run, m.name, m.value from unnest(@names, @values) as m (name, value)
            on conflict (run_id, name) do update set value = excluded.value
            """,
            new
            {
                run,
                names = Array.ConvertAll(measured, metric => metric.Key),
                values = Array.ConvertAll(measured, metric => metric.Value),
            },
            cancellationToken
        );
    }

    /// <summary>Keeps what was measured after each step, from step 1 on.</summary>
    public Task MeasureStepsAsync(
        long run,
        string name,
        IReadOnlyList<double> values,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            insert into training.run_step (run_id, name, step, value)
            select @run, @name, s.step, s.value from unnest(@values) with ordinality as s (value, step)
            where s.value not in ('NaN', 'Infinity', '-Infinity')
            on conflict (run_id, name, step) do update set value = excluded.value
            """,
            new
            {
                run,
                name,
                values = values.ToArray(),
            },
            cancellationToken
        );

    public Task DiagnoseAsync(long run, RunDiagnostics diagnostics, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set diagnostics = @diagnostics::jsonb where id = @run",
            new { run, diagnostics = JsonSerializer.Serialize(diagnostics, Json) },
            cancellationToken
        );

    /// <summary>Keeps how the features of what was learned from are spread.</summary>
    public Task ProfileAsync(long run, IReadOnlyList<FeatureProfile> profiles, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set feature_profile = @profiles::jsonb where id = @run",
            new { run, profiles = JsonSerializer.Serialize(profiles, Json) },
            cancellationToken
        );

    /// <summary>Closes a run. Not cancellable: how it ended is kept even while the host stops.</summary>
    public Task EndAsync(long run, string state, string? error) =>
        database.ExecuteAsync(
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

    /// <summary>Runs that have not ended.</summary>
    public Task<IReadOnlyList<OpenRun>> OpenAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<OpenRun>(
            "select id, job from training.run where state = 'running' order by id",
            null,
            cancellationToken
        );

    /// <summary>Closes a run that was cut off.</summary>
    /// <returns>Whether it was open.</returns>
    public async Task<bool> AbandonAsync(long run, CancellationToken cancellationToken) =>
        await database.FindAsync<long?>(
            """
            update training.run set state = 'failed', finished_at = @now, error = @CutOff
            where id = @run and state = 'running' returning id
            """,
            new
            {
                run,
                CutOff,
                now = Now,
            },
            cancellationToken
        )
            is not null;

    private DateTime Now => time.GetUtcNow().UtcDateTime;
}
