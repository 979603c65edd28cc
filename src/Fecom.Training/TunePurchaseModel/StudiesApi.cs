using System.ComponentModel;
using System.Globalization;
using Fecom.Platform.Jobs;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Studies of parameters: asks for one, follows it, cancels it.</summary>
internal static class StudiesApi
{
    private const string IdMeaning = "The study's number, as GET /api/v1/studies tells it.";

    public static void MapStudies(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("studies", "Studies", "studies");
        group
            .MapPost("", StartAsync)
            .WithName("StartStudy")
            .WithSummary("Looks for better parameters of the purchase model; the next training uses the best")
            .WithDescription(
                "One study is under way at a time; every host with workers for the queue 'tuning' measures its trials. The header "
                    + "Location says where it is followed."
            )
            .WithBodyExample("""{"trials":4,"max_seconds":60,"sampler":"tpe","halving":true,"seed":17}""")
            .ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("", ListAsync).WithName("ListStudies").WithSummary("Studies, newest first, with how far they are");
        group
            .MapGet("{id:long}", GetAsync)
            .WithName("GetStudy")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("A study with its trials, their parameters and what came of each");
        group
            .MapPost("{id:long}/cancel", CancelAsync)
            .WithName("CancelStudy")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Ends a study without a result; what its trials have shown stays");
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<StudyHistory>().ListAsync(long.MaxValue, 1, cancellationToken) is [var study]
            ? study.Id.ToString(CultureInfo.InvariantCulture)
            : null;

    private static async Task<Results<Accepted<StudyAnswer>, ValidationProblem, ProblemHttpResult>> StartAsync(
        StudyRequest request,
        StudyTable studies,
        StudyHistory history,
        JobStarter starter,
        CancellationToken cancellationToken
    )
    {
        if (Problem(request) is { } problem)
        {
            return problem;
        }

        StudyLimits limits = StudyLimits.Default;
        limits = new StudyLimits(
            request.Sampler is { } sampler ? StudyLimits.SamplerOf(sampler) : limits.Sampler,
            request.Halving ?? limits.Halving,
            request.Seed ?? limits.Seed,
            request.Trials ?? limits.Trials,
            request.MaxSeconds ?? limits.MaxSeconds
        );
        if (await studies.RequestAsync(limits, cancellationToken) is not { } id)
        {
            return TypedResults.Problem(
                $"Study {await studies.FindUnderWayAsync(cancellationToken)} is under way. Wait for its end, or POST /api/v1/studies/ID/cancel.",
                statusCode: StatusCodes.Status409Conflict,
                title: "A study is under way"
            );
        }

        await starter.StartAsync(
            TrainingJobs.TunePurchaseModel,
            onlyIfNeeded: true,
            cancellationToken: cancellationToken
        );
        StudyAnswer study = (await history.FindAsync(id, cancellationToken))!;
        return TypedResults.Accepted(ApiRoutes.Address("studies", id.ToString(CultureInfo.InvariantCulture)), study);
    }

    private static async Task<Results<Ok<StudyList>, ValidationProblem>> ListAsync(
        StudyHistory history,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<StudyAnswer> found = page.Of(
            await history.ListAsync(page.Below, page.Wanted, cancellationToken),
            study => study.Id
        );
        return TypedResults.Ok(new StudyList(found.Items, found.Next));
    }

    private static async Task<Results<Ok<StudyDetails>, ProblemHttpResult>> GetAsync(
        [Description(IdMeaning)] long id,
        StudyHistory history,
        CancellationToken cancellationToken
    ) => await history.DetailsAsync(id, cancellationToken) is { } study ? TypedResults.Ok(study) : Unknown(id);

    private static async Task<Results<Ok<StudyAnswer>, ProblemHttpResult>> CancelAsync(
        [Description(IdMeaning)] long id,
        StudyTable studies,
        StudyHistory history,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        bool isCancelled = await studies.CancelAsync(id, ApiCaller.Of(http), cancellationToken);
        StudyAnswer? study = await history.FindAsync(id, cancellationToken);
        return study is null ? Unknown(id)
            : isCancelled ? TypedResults.Ok(study)
            : TypedResults.Problem(
                $"Study {id} has ended already: it is {study.State}.",
                statusCode: StatusCodes.Status409Conflict,
                title: "The study has ended"
            );
    }

    private static ValidationProblem? Problem(StudyRequest request) =>
        request.Trials is < 1 or > StudyLimits.MaxTrials
            ? ApiProblems.Invalid("trials", $"trials is a whole number from 1 to {StudyLimits.MaxTrials}.")
        : request.MaxSeconds is < 1 or > StudyLimits.DaySeconds
            ? ApiProblems.Invalid("max_seconds", $"max_seconds is a whole number from 1 to {StudyLimits.DaySeconds}.")
        : request.Sampler is not (null or StudyLimits.Tpe or StudyLimits.Random)
            ? ApiProblems.Invalid("sampler", $"sampler is {StudyLimits.Tpe} or {StudyLimits.Random}.")
        : request.Seed is < 0 ? ApiProblems.Invalid("seed", "seed is a whole number from 0.")
        : null;

    private static ProblemHttpResult Unknown(long id) =>
        ApiProblems.Unknown("study", $"There is no study {id}. GET /api/v1/studies lists them.");
}
