using Dapper;
using Fecom.Platform.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Fecom.Training.TrackRuns;

/// <summary><c>GET /runs</c> and <c>POST /runs</c>.</summary>
internal static class RunsEndpoints
{
    private const int MostRuns = 500;

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/runs").WithTags("Training");
        group.MapGet("", ListAsync).WithSummary("Training runs, newest first, with their metrics");
        group.MapPost("", StartAsync).WithSummary("Starts a training now; while one runs already, after that");
    }

    private static async Task<Results<Ok<RunList>, ValidationProblem>> ListAsync(
        NpgsqlDataSource database,
        CancellationToken cancellationToken,
        string? job = null,
        int limit = 50
    )
    {
        if (limit is < 1 or > MostRuns)
        {
            return Invalid("limit", $"The limit is 1 to {MostRuns}.");
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
        return TypedResults.Ok(new RunList([.. runs.Select(run => run.With(metrics[run.Id]))]));
    }

    private static async Task<Results<Accepted<StartedRun>, ValidationProblem>> StartAsync(
        StartRun request,
        JobStarter jobs,
        CancellationToken cancellationToken
    )
    {
        if (!TrainingJobs.Names.Contains(request.Job, StringComparer.Ordinal))
        {
            return Invalid("job", $"There is no training job '{request.Job}'. The jobs are {string.Join(", ", TrainingJobs.Names)}.");
        }

        await jobs.StartAsync(request.Job!, null, cancellationToken);
        return TypedResults.Accepted($"/api/v1/runs?job={request.Job}&limit=1", new StartedRun(request.Job!));
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
        public RunAnswer With(IEnumerable<MetricRow> metrics) =>
            new(Id, Job, Status, StartedAt, EndedAt, Progress, Error, metrics.ToDictionary(metric => metric.Name, metric => metric.Value));
    }

    private sealed record MetricRow(long RunId, string Name, double Value);
}

/// <summary>Which job to run.</summary>
/// <param name="Job"><c>train_purchase_model</c> or <c>train_recommender</c>.</param>
internal sealed record StartRun(string? Job);

/// <summary>The job that will run.</summary>
internal sealed record StartedRun(string Job);

/// <summary>Runs, newest first.</summary>
internal sealed record RunList(IReadOnlyList<RunAnswer> Runs);

/// <summary>A run: status is <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</summary>
internal sealed record RunAnswer(
    long Id,
    string Job,
    string Status,
    DateTime StartedAt,
    DateTime? EndedAt,
    string? Progress,
    string? Error,
    IReadOnlyDictionary<string, double> Metrics
);
