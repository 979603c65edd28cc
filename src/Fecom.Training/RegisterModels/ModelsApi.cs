using System.ComponentModel;
using System.Text.RegularExpressions;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Training.RegisterModels;

/// <summary>The registry over HTTP: <c>GET /models</c>, <c>GET /models/{name}/versions</c>, <c>POST /models/{name}/aliases/{alias}</c>.</summary>
internal static partial class ModelsApi
{
    private const string NameMeaning = "The model's name, as GET /api/v1/models tells it.";

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
            .MapPost("{name}/aliases/{alias}", PointAsync)
            .WithName("PointAlias")
            .WithExample("name", "recommender")
            .WithExample("alias", "champion")
            .WithBodyExample("""{"version":1,"reason":"Tried in /swagger"}""")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Points an alias at a version: champion serves at once, so this rolls back too");
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
            return ApiProblems.Unknown("model", $"There is no model '{name}'. GET /api/v1/models lists them.");
        }

        Page<VersionAnswer> shown = page.Slice(versions);
        return TypedResults.Ok(new VersionList(name, shown.Items, shown.Next));
    }

    private static async Task<Results<Ok<PointedAlias>, ValidationProblem, ProblemHttpResult>> PointAsync(
        [Description(NameMeaning)] string name,
        [Description("The alias: champion is the version that serves.")] string alias,
        PointAlias request,
        Promotion promotion,
        ModelTable models,
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
        return await promotion.PromoteAsync(name, alias, version, reason, cancellationToken) switch
        {
            PointResult.Pointed => TypedResults.Ok(new PointedAlias(name, alias, version)),
            PointResult.ArtifactRemoved => TypedResults.Problem(
                $"The artifact of version {version} of model '{name}' was removed when newer versions came. GET /api/v1/models/{name}/versions shows which are there.",
                statusCode: StatusCodes.Status409Conflict,
                title: "Artifact removed"
            ),
            _ when (await models.VersionsAsync(name, cancellationToken)).Count == 0 => ApiProblems.Unknown(
                "model",
                $"There is no model '{name}'. GET /api/v1/models lists them."
            ),
            _ => ApiProblems.Invalid(
                "version",
                $"There is no version {version} of model '{name}'. GET /api/v1/models/{name}/versions lists them."
            ),
        };
    }

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,31}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AliasName();
}
