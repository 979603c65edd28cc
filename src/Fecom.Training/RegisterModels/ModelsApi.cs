using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Training.RegisterModels;

/// <summary>The registry over HTTP: <c>GET /models</c>, <c>GET /models/{name}/versions</c>, <c>POST /models/{name}/aliases/{alias}</c>.</summary>
internal static partial class ModelsApi
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/models").WithTags("Training");
        group.MapGet("", ListAsync).WithSummary("Registered models and what their aliases stand for");
        group
            .MapGet("/{name}/versions", VersionsAsync)
            .WithSummary("A model's versions, newest first, with their metrics");
        group
            .MapPost("/{name}/aliases/{alias}", PointAsync)
            .WithSummary("Points an alias at a version: champion serves at once, so this rolls back too");
    }

    private static async Task<Ok<ModelList>> ListAsync(ModelTable models, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ModelList(await models.ListAsync(cancellationToken)));

    internal static async Task<Results<Ok<VersionList>, ProblemHttpResult>> VersionsAsync(
        string name,
        ModelTable models,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<VersionAnswer> versions = await models.VersionsAsync(name, cancellationToken);
        return versions.Count == 0
            ? NotFound($"There is no model '{name}'.")
            : TypedResults.Ok(new VersionList(name, versions));
    }

    private static async Task<Results<Ok<PointedAlias>, ValidationProblem, ProblemHttpResult>> PointAsync(
        string name,
        string alias,
        PointAlias request,
        Promotion promotion,
        CancellationToken cancellationToken
    )
    {
        if (!AliasName().IsMatch(alias))
        {
            return Invalid("alias", "An alias is 1 to 32 small letters, digits, - or _, and begins with a letter.");
        }

        if (request.Version is not int version)
        {
            return Invalid("version", "A version is needed.");
        }

        string reason = string.IsNullOrWhiteSpace(request.Reason) ? "By hand" : request.Reason;
        return await promotion.PromoteAsync(name, alias, version, reason, cancellationToken) switch
        {
            PointResult.Pointed => TypedResults.Ok(new PointedAlias(name, alias, version)),
            PointResult.ArtifactRemoved => TypedResults.Problem(
                $"The artifact of version {version} of model '{name}' was removed when newer versions came. GET /api/v1/models/{name}/versions shows which are there.",
                statusCode: StatusCodes.Status409Conflict
            ),
            _ => NotFound($"There is no version {version} of model '{name}'."),
        };
    }

    private static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(new Dictionary<string, string[]> { [field] = [message] });

    private static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound);

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,31}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AliasName();
}
