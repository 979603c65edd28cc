using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Training.TrackRuns;

/// <summary><c>GET /runs</c>: what the trainings learned. They are started as jobs.</summary>
internal static class RunsApi
{
    /// <summary>Most runs that are laid side by side.</summary>
    private const int MaxCompared = 20;

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("runs", "Trainings", "runs");
        group
            .MapGet("", ListAsync)
            .WithName("ListTrainingRuns")
            .WithSummary("Training runs, newest first, with their parameters and metrics");
        group
            .MapGet("{id:long}", GetAsync)
            .WithName("GetTrainingRun")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("A training run with its metrics by step, curves, feature importance and artifacts");
        group
            .MapGet("compare", CompareAsync)
            .WithName("CompareTrainingRuns")
            .WithSummary("Training runs side by side: parameters, metrics, and which of them differ");
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<RunHistory>().ListAsync(null, long.MaxValue, 1, cancellationToken)
            is [var run]
            ? run.Id.ToString(CultureInfo.InvariantCulture)
            : null;

    private static async Task<Results<Ok<TrainingRunList>, ValidationProblem>> ListAsync(
        RunHistory runs,
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

    private static async Task<Results<Ok<TrainingRunDetails>, ProblemHttpResult>> GetAsync(
        [Description("The training run's number, as GET /api/v1/runs tells it.")] long id,
        RunHistory runs,
        CancellationToken cancellationToken
    ) =>
        await runs.DetailsAsync(id, cancellationToken) is { } details
            ? TypedResults.Ok(details)
            : ApiProblems.Unknown("training run", Missing(id));

    private static async Task<Results<Ok<RunComparison>, ValidationProblem>> CompareAsync(
        RunHistory runs,
        CancellationToken cancellationToken,
        [FromQuery(Name = "run")]
        [MaxLength(MaxCompared)]
        [Description(
            "The runs' numbers, a parameter each: run=3&run=5. Left out, the newest run and the one of the same job before it."
        )]
            long[]? run = null
    )
    {
        if (run is not { Length: > 0 })
        {
            return TypedResults.Ok(RunComparison.Of(await NewestTwoAsync(runs, cancellationToken)));
        }

        if (run.Length > MaxCompared)
        {
            return ApiProblems.Invalid("run", $"At most {MaxCompared} runs are compared.");
        }

        long[] asked = [.. run.Distinct()];
        IReadOnlyList<TrainingRunAnswer> found = await runs.FindAsync(asked, cancellationToken);
        return found.Count == asked.Length
            ? TypedResults.Ok(RunComparison.Of(found))
            : ApiProblems.Invalid("run", Missing(asked.Except(found.Select(one => one.Id)).First()));
    }

    private static async Task<IReadOnlyList<TrainingRunAnswer>> NewestTwoAsync(
        RunHistory runs,
        CancellationToken cancellationToken
    ) =>
        await runs.ListAsync(null, long.MaxValue, 1, cancellationToken) is [var newest]
            ? await runs.ListAsync(newest.Job, long.MaxValue, 2, cancellationToken)
            : [];

    private static string Missing(long id) => $"There is no training run {id}. GET /api/v1/runs lists them.";
}
