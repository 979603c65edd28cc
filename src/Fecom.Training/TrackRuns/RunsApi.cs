using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Fecom.Training.TrackRuns;

/// <summary><c>GET /runs</c>: what the trainings learned. They are started as jobs.</summary>
internal static class RunsApi
{
    private const int MaxRuns = 500;

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/runs").WithTags("Training");
        group.MapGet("", ListAsync).WithSummary("Training runs, newest first, with their metrics");
    }

    private static async Task<Results<Ok<TrainingRunList>, ValidationProblem>> ListAsync(
        NpgsqlDataSource database,
        CancellationToken cancellationToken,
        string? job = null,
        int limit = 50
    )
    {
        if (limit is < 1 or > MaxRuns)
        {
            return Invalid("limit", $"The limit is 1 to {MaxRuns}.");
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        SqlMapper.GridReader answer = await connection.QueryMultipleAsync(
            new CommandDefinition(
                """
                select id, job, status, started_at as StartedAt, ended_at as EndedAt, progress, error
                from training.run where @job::text is null or job = @job order by id desc limit @limit;
                select run_id as RunId, name, value from training.run_metric
                where run_id in (select id from training.run where @job::text is null or job = @job order by id desc limit @limit)
                order by run_id, name
                """,
                new { job, limit },
                cancellationToken: cancellationToken
            )
        );
        IEnumerable<RunRow> runs = await answer.ReadAsync<RunRow>();
        ILookup<long, MetricRow> metrics = (await answer.ReadAsync<MetricRow>()).ToLookup(metric => metric.RunId);
        return TypedResults.Ok(new TrainingRunList([.. runs.Select(run => run.With(metrics[run.Id]))]));
    }

    private static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(new Dictionary<string, string[]> { [field] = [message] });

    private sealed record RunRow(
        long Id,
        string Job,
        string Status,
        DateTime StartedAt,
        DateTime? EndedAt,
        string? Progress,
        string? Error
    )
    {
        public TrainingRunAnswer With(IEnumerable<MetricRow> metrics) =>
            new(
                Id,
                Job,
                Status,
                StartedAt,
                EndedAt,
                Progress,
                Error,
                metrics.ToDictionary(metric => metric.Name, metric => metric.Value)
            );
    }

    private sealed record MetricRow(long RunId, string Name, double Value);
}

/// <summary>Runs, newest first.</summary>
internal sealed record TrainingRunList(IReadOnlyList<TrainingRunAnswer> Runs);

/// <summary>A run: status is <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</summary>
internal sealed record TrainingRunAnswer(
    long Id,
    string Job,
    string Status,
    DateTime StartedAt,
    DateTime? EndedAt,
    string? Progress,
    string? Error,
    IReadOnlyDictionary<string, double> Metrics
);
