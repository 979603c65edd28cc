using System.ComponentModel;
using System.Globalization;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Serving.SetRules;

/// <summary><c>/recommendation-rules</c>: the shop's rules for recommendations, by versions.</summary>
internal static class RulesApi
{
    public static void MapRules(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("recommendation-rules", "Recommendation rules", "recommendation_rules");
        group
            .MapGet("", GetAsync)
            .WithName("GetRecommendationRules")
            .WithSummary("The rules that are in force, and who set them");
        group
            .MapPut("", SetAsync)
            .WithName("SetRecommendationRules")
            .WithBodyExample(
                """
                {"reason":"Tried in /swagger","rule_set":{"exclude_bought":true,"rules":[{"name":"spring","action":"boost","categories":["apparel"],"factor":1.2,"from_at":"2026-03-01T00:00:00Z","until_at":"2026-06-01T00:00:00Z"}]}}
                """
            )
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Sets all rules as a new version, which this host follows at once and others within seconds");
        group
            .MapGet("versions", ListAsync)
            .WithName("ListRecommendationRuleVersions")
            .WithSummary("Every version of the rules, newest first: who set what, when and why");
        group
            .MapPost("versions/{version:int}/restore", RestoreAsync)
            .WithName("RestoreRecommendationRules")
            .WithNewest("version", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Sets the rules of a former version again, as a new version");
    }

    private static async Task<Ok<RuleSetVersion>> GetAsync(RuleSetTable rules, CancellationToken cancellationToken) =>
        TypedResults.Ok(await rules.NewestAsync(cancellationToken));

    private static async Task<Results<Ok<RuleSetVersion>, ValidationProblem, ProblemHttpResult>> SetAsync(
        RuleSetChange change,
        RuleSetTable rules,
        RulesRefresh refresh,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (RuleSetChecks.Check(change) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        string reason = string.IsNullOrWhiteSpace(change.Reason) ? "By hand" : change.Reason;
        RuleSetVersion? set = await rules.AddAsync(
            RuleSetChecks.Whole(change.RuleSet!),
            change.Replaces,
            ApiCaller.Of(http),
            reason,
            cancellationToken
        );
        if (set is null)
        {
            return TypedResults.Problem(
                $"Version {change.Replaces} of the rules is not the one in force: somebody else has changed them. GET /api/v1/recommendation-rules shows what is.",
                statusCode: StatusCodes.Status409Conflict,
                title: "Rules changed"
            );
        }

        await refresh.RefreshAsync(cancellationToken);
        return TypedResults.Ok(set);
    }

    private static async Task<Results<Ok<RuleSetVersionList>, ValidationProblem>> ListAsync(
        RuleSetTable rules,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<RuleSetVersion> versions = page.Of(
            await rules.ListAsync(page.Below, page.Wanted, cancellationToken),
            version => version.Version
        );
        return TypedResults.Ok(new RuleSetVersionList(versions.Items, versions.Next));
    }

    private static async Task<Results<Ok<RuleSetVersion>, ProblemHttpResult>> RestoreAsync(
        [Description("The version whose rules are set again.")] int version,
        RuleSetTable rules,
        RulesRefresh refresh,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (await rules.FindAsync(version, cancellationToken) is not { } former)
        {
            return ApiProblems.Unknown(
                "version",
                $"There is no version {version} of the rules. GET /api/v1/recommendation-rules/versions lists them."
            );
        }

        RuleSetVersion? set = await rules.AddAsync(
            former.RuleSet,
            replaces: null,
            ApiCaller.Of(http),
            $"Version {version} again",
            cancellationToken
        );
        await refresh.RefreshAsync(cancellationToken);
        return TypedResults.Ok(set!);
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<RuleSetTable>().NewestNumberAsync(cancellationToken) is > 0 and int newest
            ? newest.ToString(CultureInfo.InvariantCulture)
            : null;
}
