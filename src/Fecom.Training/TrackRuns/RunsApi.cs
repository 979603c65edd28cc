using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

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
        RunLog runs,
        CancellationToken cancellationToken,
        string? job = null,
        int limit = 50
    )
    {
        if (limit is < 1 or > MaxRuns)
        {
            return Invalid("limit", $"The limit is 1 to {MaxRuns}.");
        }

        return TypedResults.Ok(new TrainingRunList(await runs.ListAsync(job, limit, cancellationToken)));
    }

    private static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(new Dictionary<string, string[]> { [field] = [message] });
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
