using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Training.TrackRuns;

/// <summary><c>GET /runs</c>: what the trainings learned. They are started as jobs.</summary>
internal static class RunsApi
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("runs", "Trainings", "runs");
        group
            .MapGet("", ListAsync)
            .WithName("ListTrainingRuns")
            .WithSummary("Training runs, newest first, with their metrics");
    }

    private static async Task<Results<Ok<TrainingRunList>, ValidationProblem>> ListAsync(
        RunLog runs,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [AllowedValues(TrainingJobs.TrainPurchaseModel, TrainingJobs.TrainRecommender)]
        [Description("Only trainings by this job.")]
            string? job = null
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        if (job is not null && !TrainingJobs.Models.Any(trained => trained.Job == job))
        {
            return ApiProblems.Invalid(
                "job",
                $"No job '{job}' trains. There are {string.Join(", ", TrainingJobs.Models.Select(trained => trained.Job))}."
            );
        }

        Page<TrainingRunAnswer> found = page.Of(
            await runs.ListAsync(job, page.Below, page.Wanted, cancellationToken),
            run => run.Id
        );
        return TypedResults.Ok(new TrainingRunList(found.Items, found.Next));
    }
}

/// <summary>Trainings.</summary>
/// <param name="Runs">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record TrainingRunList(IReadOnlyList<TrainingRunAnswer> Runs, string? Next);

/// <summary>A training.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Job">The job that trained.</param>
/// <param name="State"><c>running</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC; null before.</param>
/// <param name="Progress">How far it is, or what came of it, for a person.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
/// <param name="Metrics">What was measured, by name.</param>
internal sealed record TrainingRunAnswer(
    long Id,
    string Job,
    [property: AllowedValues("running", "completed", "failed", "cancelled")] string State,
    DateTime StartedAt,
    DateTime? FinishedAt,
    string? Progress,
    string? Error,
    IReadOnlyDictionary<string, double> Metrics
);
