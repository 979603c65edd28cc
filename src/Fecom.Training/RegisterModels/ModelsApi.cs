using System.ComponentModel;
using System.Text.RegularExpressions;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Training.RegisterModels;

/// <summary>The registry over HTTP: models, their versions, and what aliases stand for.</summary>
internal static partial class ModelsApi
{
    private const string NameMeaning = "The model's name, as GET /api/v1/models tells it.";
    private const string VersionMeaning = "The version's number.";
    private const int MaxDescription = 2_000;
    private const string AliasMeaning =
        "The alias: champion is the version that serves, challenger one that waits for approval.";

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("models", "Models", "models");
        group
            .MapGet("", ListAsync)
            .WithName("ListModels")
            .WithSummary("Registered models and what their aliases stand for");
        group
            .MapGet("{name}/versions", VersionsAsync)
            .WithName("ListModelVersions")
            .WithExample("name", "recommender")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("A model's versions, newest first, with their metrics");
        group
            .MapGet("{name}/versions/{version:int}", VersionAsync)
            .WithName("GetModelVersion")
            .WithExample("name", "recommender")
            .WithExample("version", "1")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("A version with its description, its metrics, its artifact's checksum and what goes into it");
        group
            .MapPut("{name}/versions/{version:int}/description", DescribeAsync)
            .WithName("DescribeModelVersion")
            .WithExample("name", "recommender")
            .WithExample("version", "1")
            .WithBodyExample("""{"description":"The first one, trained on the sample"}""")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Says what a version is, for people");
        group
            .MapPost("{name}/aliases/{alias}", PointAsync)
            .WithName("PointAlias")
            .WithExample("name", "recommender")
            .WithExample("alias", "champion")
            .WithBodyExample("""{"version":1,"reason":"Tried in /swagger"}""")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Points an alias at a version that can be read and answers: champion serves at once");
        group
            .MapPost("{name}/aliases/{alias}/rollback", RollBackAsync)
            .WithName("RollBackAlias")
            .WithExample("name", "recommender")
            .WithExample("alias", "champion")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary(
                "Points an alias at the version that it stood for before; called again, at the one before that"
            );
        group
            .MapGet("{name}/aliases/{alias}/changes", ChangesAsync)
            .WithName("ListAliasChanges")
            .WithExample("name", "recommender")
            .WithExample("alias", "champion")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("What an alias stood for, newest first: who or what moved it, when and why");
    }

    private static async Task<Results<Ok<ModelList>, ValidationProblem>> ListAsync(
        ModelTable models,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<ModelAnswer> found = page.Slice(await models.ListAsync(cancellationToken));
        return TypedResults.Ok(new ModelList(found.Items, found.Next));
    }

    private static async Task<Results<Ok<VersionList>, ValidationProblem, ProblemHttpResult>> VersionsAsync(
        [Description(NameMeaning)] string name,
        ModelTable models,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        IReadOnlyList<VersionAnswer> versions = await models.VersionsAsync(name, cancellationToken);
        if (versions.Count == 0)
        {
            return UnknownModel(name);
        }

        Page<VersionAnswer> shown = page.Slice(versions);
        return TypedResults.Ok(new VersionList(name, shown.Items, shown.Next));
    }

    private static async Task<Results<Ok<VersionDetailsAnswer>, ProblemHttpResult>> VersionAsync(
        [Description(NameMeaning)] string name,
        [Description(VersionMeaning)] int version,
        VersionDetails details,
        CancellationToken cancellationToken
    ) =>
        await details.FindAsync(name, version, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : UnknownVersion(name, version);

    private static async Task<Results<Ok<VersionDetailsAnswer>, ValidationProblem, ProblemHttpResult>> DescribeAsync(
        [Description(NameMeaning)] string name,
        [Description(VersionMeaning)] int version,
        DescribeVersion request,
        VersionDetails details,
        CancellationToken cancellationToken
    )
    {
        if (request.Description is not { Length: <= MaxDescription } description)
        {
            return ApiProblems.Invalid(
                "description",
                $"A description is a text of at most {MaxDescription} characters."
            );
        }

        return
            await details.DescribeAsync(name, version, description.Trim().Replace('\0', ' '), cancellationToken)
            && await details.FindAsync(name, version, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : UnknownVersion(name, version);
    }

    private static async Task<Results<Ok<PointedAlias>, ValidationProblem, ProblemHttpResult>> PointAsync(
        [Description(NameMeaning)] string name,
        [Description(AliasMeaning)] string alias,
        PointAlias request,
        Promotion promotion,
        ModelTable models,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (!AliasName().IsMatch(alias))
        {
            return ApiProblems.Invalid(
                "alias",
                "An alias is 1 to 32 small letters, digits, - or _, and begins with a letter."
            );
        }

        if (request.Version is not int version)
        {
            return ApiProblems.Invalid("version", "A version is needed.");
        }

        string reason = string.IsNullOrWhiteSpace(request.Reason) ? "By hand" : request.Reason;
        AliasMove move = new(name, alias, version, ApiCaller.Of(http), reason);
        PointOutcome outcome = await promotion.PromoteAsync(move, cancellationToken);
        return outcome.Result switch
        {
            PointResult.Pointed => TypedResults.Ok(new PointedAlias(name, alias, version)),
            PointResult.ArtifactRemoved or PointResult.CannotServe => Refusal(move, outcome),
            _ when (await models.VersionsAsync(name, cancellationToken)).Count == 0 => UnknownModel(name),
            _ => ApiProblems.Invalid(
                "version",
                $"There is no version {version} of model '{name}'. GET /api/v1/models/{name}/versions lists them."
            ),
        };
    }

    private static async Task<Results<Ok<PointedAlias>, ProblemHttpResult>> RollBackAsync(
        [Description(NameMeaning)] string name,
        [Description(AliasMeaning)] string alias,
        Promotion promotion,
        AliasHistory history,
        ModelTable models,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (await history.FindFormerAsync(name, alias, cancellationToken) is not { } former)
        {
            return (await models.VersionsAsync(name, cancellationToken)).Count == 0
                ? UnknownModel(name)
                : TypedResults.Problem(
                    $"There is no former version of model '{name}' with an artifact that {alias} could go back to. GET /api/v1/models/{name}/aliases/{alias}/changes tells what it stood for.",
                    statusCode: StatusCodes.Status409Conflict,
                    title: "Nothing to roll back to"
                );
        }

        AliasMove move = new(name, alias, former.Version, ApiCaller.Of(http), "Rolled back", former.Change);
        PointOutcome outcome = await promotion.PromoteAsync(move, cancellationToken);
        return outcome.Result == PointResult.Pointed
            ? TypedResults.Ok(new PointedAlias(name, alias, former.Version))
            : Refusal(move, outcome);
    }

    private static async Task<Results<Ok<AliasChangeList>, ValidationProblem, ProblemHttpResult>> ChangesAsync(
        [Description(NameMeaning)] string name,
        [Description(AliasMeaning)] string alias,
        AliasHistory history,
        ModelTable models,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        IReadOnlyList<AliasChangeAnswer> found = await history.ListAsync(
            name,
            alias,
            page.Below,
            page.Wanted,
            cancellationToken
        );
        if (found.Count == 0 && (await models.VersionsAsync(name, cancellationToken)).Count == 0)
        {
            return UnknownModel(name);
        }

        Page<AliasChangeAnswer> changes = page.Of(found, change => change.Promotion);
        return TypedResults.Ok(new AliasChangeList(name, alias, changes.Items, changes.Next));
    }

    private static ProblemHttpResult Refusal(AliasMove move, PointOutcome outcome) =>
        outcome.Fault is { } fault
            ? TypedResults.Problem(
                $"Version {move.Version} of model '{move.Model}' cannot serve, so {move.Alias} stays where it is: {fault}.",
                statusCode: StatusCodes.Status409Conflict,
                title: "Version cannot serve"
            )
            : TypedResults.Problem(
                $"The artifact of version {move.Version} of model '{move.Model}' was removed when newer versions came. GET /api/v1/models/{move.Model}/versions shows which are there.",
                statusCode: StatusCodes.Status409Conflict,
                title: "Artifact removed"
            );

    private static ProblemHttpResult UnknownVersion(string name, int version) =>
        ApiProblems.Unknown(
            "version",
            $"There is no version {version} of a model '{name}'. GET /api/v1/models/{name}/versions lists them."
        );

    private static ProblemHttpResult UnknownModel(string name) =>
        ApiProblems.Unknown("model", $"There is no model '{name}'. GET /api/v1/models lists them.");

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,31}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AliasName();
}
