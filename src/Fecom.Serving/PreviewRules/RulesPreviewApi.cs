using Fecom.Contracts;
using Fecom.Learning.Merchandising;
using Fecom.Platform.Access;
using Fecom.Platform.Requests;
using Fecom.Serving.LimitLoad;
using Fecom.Serving.RecommendProducts;
using Fecom.Serving.SetRules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.PreviewRules;

/// <summary><c>POST /recommendation-rules/preview</c>: what rules would do, before they are set.</summary>
internal static class RulesPreviewApi
{
    /// <summary>People look at them: nothing that is served waits for it.</summary>
    private const int CallsPerSecond = 20;

    private static readonly string[] Kinds = ["session", "user", "product", "trending"];

    public static void MapRulesPreview(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi(
            "recommendation-rules/preview",
            "Recommendation rules",
            "rule_previews",
            CallsPerSecond
        );
        group.AddEndpointFilter<LoadFilter>();
        group
            .MapPost("", PreviewAsync)
            .WithName("PreviewRecommendationRules")
            .WhichChangesNothing()
            .WithBodyExample(
                """
                {"for":"product","id":"58916293","count":5,"rule_set":{"rules":[{"name":"no beds","action":"bury","categories":["furniture"],"factor":0.1}]}}
                """
            )
            .WithSummary(
                "What would be recommended by rules that are not set, beside what the rules in force recommend: what moves, leaves and is added"
            );
    }

    private static async Task<Results<Ok<RulesPreview>, ValidationProblem>> PreviewAsync(
        RulesPreviewRequest request,
        RecommendationQuestions questions,
        TimeProvider time
    )
    {
        Dictionary<string, string[]> errors = RuleSetChecks.Check(new RuleSetChange(request.RuleSet));
        RecommendationFilter filter = RecommendationFilter.Read(
            new RecommendationParameters(
                request.Count ?? RecommendationFilter.DefaultProducts,
                request.Category,
                Explain: true
            ),
            excludeSeen: true,
            errors
        );
        if (!Kinds.Contains(request.For))
        {
            errors["for"] = [$"for is one of {string.Join(", ", Kinds)}."];
        }
        else if (request.For != "trending" && !OpaqueId.IsValid(request.Id ?? ""))
        {
            errors["id"] = [$"id {OpaqueId.Expected}."];
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        Func<AnswerPlan, RecommendationAnswer> ask = request.For switch
        {
            "session" => await questions.ForSessionAsync(request.Id!, userId: null, filter),
            "user" => await questions.ForUserAsync(request.Id!, filter),
            "product" => await questions.SimilarToAsync(request.Id!, filter),
            _ => questions.Trending(filter),
        };
        MerchandisingRules rules = RuleSetChecks.ToRules(
            RuleSetTable.None with
            {
                RuleSet = RuleSetChecks.Whole(request.RuleSet!),
            }
        );
        // One chance for both, or products would seem to move that only explore.
        AnswerPlan plan = new() { Id = Guid.CreateVersion7(time.GetUtcNow()) };
        return TypedResults.Ok(RulesPreview.Of(ask(plan), ask(plan with { Rules = rules })));
    }
}
