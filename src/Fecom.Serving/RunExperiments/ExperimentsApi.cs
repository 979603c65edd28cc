using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Learning.Recommend;
using Fecom.Platform.Requests;
using Fecom.Serving.LoadModels;
using Fecom.Serving.SetRules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Serving.RunExperiments;

/// <summary><c>/experiments</c>: what earns more, tried on visitors.</summary>
internal static class ExperimentsApi
{
    private const string NameMeaning = "The experiment.";
    private const string ReasonExample = """{"reason":"Tried in /swagger"}""";
    private const string Example = "trending_first";

    public static void MapExperiments(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("experiments", "Experiments", "experiments");
        group
            .MapPost("", CreateAsync)
            .WithName("CreateExperiment")
            .WithBodyExample(
                """
                {"name":"trending_first","variants":[{"name":"control","share":0.5},{"name":"trending","share":0.5,"source_weights":{"trending":3}}],"traffic_share":0.2,"guard":{"metric":"click_rate"},"reason":"Tried in /swagger"}
                """
            )
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Defines an experiment, as a draft")
            .WithDescription(
                "A definition is never changed: what is to be different is another experiment. The first variant is the control."
            );
        group
            .MapGet("", ListAsync)
            .WithName("ListExperiments")
            .WithSummary("The experiments as they are now, those that changed last first");
        group
            .MapGet("{name}", FindAsync)
            .WithName("GetExperiment")
            .WithNewest("name", Example, NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("One experiment as it is now");
        group
            .MapGet("{name}/versions", VersionsAsync)
            .WithName("ListExperimentVersions")
            .WithNewest("name", Example, NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Every version of an experiment, newest first: who or what changed it, when and why");
        group
            .MapPost("{name}/start", StartAsync)
            .WithName("StartExperiment")
            .WithNewest("name", Example, NewestAsync)
            .WithBodyExample(ReasonExample)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary(
                "Starts a draft, on every host within seconds; refused while another experiment runs for one of its calls"
            );
        group
            .MapPost("{name}/stop", StopAsync)
            .WithName("StopExperiment")
            .WithNewest("name", Example, NewestAsync)
            .WithBodyExample(ReasonExample)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Stops an experiment for good: from then on all visitors get what everybody gets");
        group
            .MapGet("{name}/results", ResultsAsync)
            .WithName("GetExperimentResults")
            .WithNewest("name", Example, NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("What each variant earned, with intervals and its difference to the control")
            .WithDescription(
                "Some seconds after the feedback. Intervals are of 95 %, by the delta method over visitors. The ordinary interval and p-value of a difference hold for one look; sequential_low and sequential_high hold however often one looks."
            );
    }

    private static async Task<Results<Created<ExperimentVersion>, ValidationProblem, ProblemHttpResult>> CreateAsync(
        ExperimentBody body,
        ExperimentTable table,
        KnownVersions versions,
        RuleSetTable rules,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string[]> errors = ExperimentChecks.Check(body);
        if (errors.Count == 0)
        {
            await CheckVersionsAsync(body, versions, rules, errors, cancellationToken);
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        ExperimentChange change = await table.CreateAsync(
            ExperimentChecks.Whole(body),
            ApiCaller.Of(http),
            Reason(body.Reason),
            cancellationToken
        );
        return change.Version is { } created
            ? TypedResults.Created(ApiRoutes.Address("experiments", created.Name), created)
            : Conflict(change);
    }

    private static async Task<Results<Ok<ExperimentList>, ValidationProblem>> ListAsync(
        ExperimentTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [FromQuery(Name = "state")]
        [AllowedValues("draft", "running", "stopped", null)]
        [Description("Only those in this state: draft, running or stopped.")]
            string? state = null
    )
    {
        if (state is not (null or "draft" or "running" or "stopped"))
        {
            return ApiProblems.Invalid("state", "state is draft, running or stopped.");
        }

        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<(long Change, ExperimentVersion Version)> found = page.Of(
            await table.ListAsync(state, page.Below, page.Wanted, cancellationToken),
            one => one.Change
        );
        return TypedResults.Ok(new ExperimentList([.. found.Items.Select(one => one.Version)], found.Next));
    }

    private static async Task<Results<Ok<ExperimentVersion>, ProblemHttpResult>> FindAsync(
        [Description(NameMeaning)] string name,
        ExperimentTable table,
        CancellationToken cancellationToken
    ) => await table.FindAsync(name, cancellationToken) is { } found ? TypedResults.Ok(found) : Unknown(name);

    private static async Task<Results<Ok<ExperimentList>, ValidationProblem, ProblemHttpResult>> VersionsAsync(
        [Description(NameMeaning)] string name,
        ExperimentTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        if (await table.FindAsync(name, cancellationToken) is null)
        {
            return Unknown(name);
        }

        Page<(long Change, ExperimentVersion Version)> found = page.Of(
            await table.VersionsAsync(name, page.Below, page.Wanted, cancellationToken),
            one => one.Change
        );
        return TypedResults.Ok(new ExperimentList([.. found.Items.Select(one => one.Version)], found.Next));
    }

    private static async Task<Results<Ok<ExperimentVersion>, ValidationProblem, ProblemHttpResult>> StartAsync(
        [Description(NameMeaning)] string name,
        ExperimentReason reason,
        ExperimentTable table,
        ExperimentsRefresh refresh,
        HttpContext http,
        CancellationToken cancellationToken
    ) =>
        Problem(reason) is { } problem
            ? problem
            : await AnswerAsync(
                name,
                await table.StartAsync(name, ApiCaller.Of(http), Reason(reason.Reason), cancellationToken),
                refresh,
                cancellationToken
            );

    private static async Task<Results<Ok<ExperimentVersion>, ValidationProblem, ProblemHttpResult>> StopAsync(
        [Description(NameMeaning)] string name,
        ExperimentReason reason,
        ExperimentTable table,
        ExperimentsRefresh refresh,
        HttpContext http,
        CancellationToken cancellationToken
    ) =>
        Problem(reason) is { } problem
            ? problem
            : await AnswerAsync(
                name,
                await table.StopAsync(name, ApiCaller.Of(http), Reason(reason.Reason), cancellationToken),
                refresh,
                cancellationToken
            );

    private static async Task<Results<Ok<ExperimentResult>, ProblemHttpResult>> ResultsAsync(
        [Description(NameMeaning)] string name,
        ExperimentTable table,
        ExperimentResults results,
        CancellationToken cancellationToken
    ) =>
        await table.FindAsync(name, cancellationToken) is { } found
            ? TypedResults.Ok(await results.OfAsync(found, cancellationToken))
            : Unknown(name);

    private static async Task<Results<Ok<ExperimentVersion>, ValidationProblem, ProblemHttpResult>> AnswerAsync(
        string name,
        ExperimentChange change,
        ExperimentsRefresh refresh,
        CancellationToken cancellationToken
    )
    {
        if (change.Version is not { } version)
        {
            return change.Conflict is null ? Unknown(name) : Conflict(change);
        }

        await refresh.RefreshAsync(cancellationToken);
        return TypedResults.Ok(version);
    }

    /// <summary>What a variant names must be there when the experiment is defined.</summary>
    private static async Task CheckVersionsAsync(
        ExperimentBody body,
        KnownVersions versions,
        RuleSetTable rules,
        Dictionary<string, string[]> errors,
        CancellationToken cancellationToken
    )
    {
        for (int i = 0; i < body.Variants!.Count; i++)
        {
            VariantBody variant = body.Variants[i]!;
            if (
                variant.ModelVersion is { } model
                && await versions.FindAsync(Recommender.Kind, model, cancellationToken) is null
            )
            {
                errors[$"variants[{i}].model_version"] =
                [
                    $"No alias has stood for version {model} of the recommender yet. POST /api/v1/models/recommender/aliases/{variant.Name} with {{\"version\":{model}}} has one stand for it.",
                ];
            }

            if (variant.RulesVersion is > 0 and { } rule && await rules.FindAsync(rule, cancellationToken) is null)
            {
                errors[$"variants[{i}].rules_version"] =
                [
                    $"There is no version {rule} of the rules. GET /api/v1/recommendation-rules/versions lists them.",
                ];
            }
        }
    }

    private static string Reason(string? reason) => string.IsNullOrWhiteSpace(reason) ? "By hand" : reason;

    private static ValidationProblem? Problem(ExperimentReason reason) =>
        reason.Reason?.Length > ExperimentChecks.MaxReason
            ? ApiProblems.Invalid("reason", $"reason has {ExperimentChecks.MaxReason} characters at most.")
            : null;

    private static ProblemHttpResult Conflict(ExperimentChange change) =>
        TypedResults.Problem(
            change.Conflict,
            statusCode: StatusCodes.Status409Conflict,
            title: "Experiment not changed"
        );

    private static ProblemHttpResult Unknown(string name) =>
        ApiProblems.Unknown("experiment", $"There is no experiment '{name}'. GET /api/v1/experiments lists them.");

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        (await services.GetRequiredService<ExperimentTable>().ListAsync(null, long.MaxValue, 1, cancellationToken))
            .Select(one => one.Version.Name)
            .FirstOrDefault();
}
