using System.Text.Json;
using Dapper;
using Npgsql;

namespace Fecom.Training.TrackRuns;

/// <summary>What people ask of the record of trainings.</summary>
internal sealed class RunHistory(NpgsqlDataSource database)
{
    private const string Columns = """
        id, job, state, started_at as StartedAt, finished_at as FinishedAt, progress, error, reason, seed, code_version as CodeVersion,
        data_fingerprint as DataFingerprint, parameters::text as Parameters
        """;

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
    ) =>
        await ReadAsync(
            $"""
            select {Columns} from training.run
            where id < @before and (@job::text is null or job = @job) order by id desc limit @limit
            """,
            new
            {
                job,
                before,
                limit,
            },
            cancellationToken
        );

    /// <summary>Those of these runs that there are, in the order of <paramref name="ids"/>.</summary>
    public async Task<IReadOnlyList<TrainingRunAnswer>> FindAsync(
        IReadOnlyList<long> ids,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<TrainingRunAnswer> found = await ReadAsync(
            $"select {Columns} from training.run where id = any(@ids)",
            new { ids = ids.ToArray() },
            cancellationToken
        );
        return [.. ids.Join(found, id => id, run => run.Id, (_, run) => run)];
    }

    /// <summary>A run with all that was recorded of it; null when there is none.</summary>
    public async Task<TrainingRunDetails?> DetailsAsync(long id, CancellationToken cancellationToken)
    {
        if (await FindAsync([id], cancellationToken) is not [var run])
        {
            return null;
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using SqlMapper.GridReader answer = await connection.QueryMultipleAsync(
            new CommandDefinition(
                """
                select name, step, value from training.run_step where run_id = @id order by name, step;
                select model, version, artifact_path as Path, sha256, size_bytes as SizeBytes, artifact_removed_at as RemovedAt
                from training.model_version where run_id = @id order by model, version;
                select diagnostics::text from training.run where id = @id;
                select mlflow_run_id as RunId, mlflow_told_at as ToldAt, mlflow_refusal as Refusal
                from training.run where id = @id and mlflow_key is not null
                """,
                new { id },
                cancellationToken: cancellationToken
            )
        );
        IEnumerable<StepRow> steps = await answer.ReadAsync<StepRow>();
        IEnumerable<ArtifactAnswer> artifacts = await answer.ReadAsync<ArtifactAnswer>();
        string? diagnostics = await answer.ReadSingleAsync<string?>();
        MlflowAnswer? mlflow = await answer.ReadSingleOrDefaultAsync<MlflowAnswer>();
        return new TrainingRunDetails(
            run,
            [
                .. steps
                    .GroupBy(step => step.Name, StringComparer.Ordinal)
                    .Select(of => new SeriesAnswer(
                        of.Key,
                        [.. of.Select(step => new StepAnswer(step.Step, step.Value))]
                    )),
            ],
            [.. artifacts],
            diagnostics is null ? null : JsonSerializer.Deserialize<RunDiagnostics>(diagnostics, RunLog.Json),
            mlflow
        );
    }

    private async Task<IReadOnlyList<TrainingRunAnswer>> ReadAsync(
        string sql,
        object parameters,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        List<RunRow> runs =
        [
            .. await connection.QueryAsync<RunRow>(
                new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)
            ),
        ];
        ILookup<long, MetricRow> metrics = (
            await connection.QueryAsync<MetricRow>(
                new CommandDefinition(
                    "select run_id as RunId, name, value from training.run_metric where run_id = any(@ids) and value <> 'NaN' order by run_id, name",
                    new { ids = runs.ConvertAll(run => run.Id) },
                    cancellationToken: cancellationToken
                )
            )
        ).ToLookup(metric => metric.RunId);
        return runs.ConvertAll(run => run.With(metrics[run.Id]));
    }

    private sealed record RunRow
    {
        public long Id { get; init; }

        public string Job { get; init; } = "";

        public string State { get; init; } = "";

        public DateTime StartedAt { get; init; }

        public DateTime? FinishedAt { get; init; }

        public string? Progress { get; init; }

        public string? Error { get; init; }

        public string? Reason { get; init; }

        public long? Seed { get; init; }

        public string? CodeVersion { get; init; }

        public string? DataFingerprint { get; init; }

        public string Parameters { get; init; } = "{}";

        public TrainingRunAnswer With(IEnumerable<MetricRow> metrics) =>
            new(
                Id,
                Job,
                State,
                StartedAt,
                FinishedAt,
                (FinishedAt - StartedAt)?.TotalSeconds,
                Progress,
                Error,
                Reason,
                Seed,
                CodeVersion,
                DataFingerprint,
                JsonSerializer
                    .Deserialize<Dictionary<string, JsonElement>>(Parameters)!
                    .ToDictionary(parameter => parameter.Key, parameter => parameter.Value.ToString()),
                metrics.ToDictionary(metric => metric.Name, metric => metric.Value)
            );
    }

    private sealed record MetricRow(long RunId, string Name, double Value);

    private sealed record StepRow(string Name, int Step, double Value);
}
