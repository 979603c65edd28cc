using System.ComponentModel;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Platform.Requests;
using Fecom.Serving.LimitLoad;
using Fecom.Serving.RecordAnswers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.RecommendProducts;

/// <summary>Recommendations for a live session, for a session in the request, for a product, and without either.</summary>
internal static class RecommendProductsApi
{
    public const int MaxEvents = 100;
    private const int CallsPerSecond = 100_000;

    public static void MapRecommendations(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi(
            "recommendations",
            "Recommendations",
            "recommendations",
            CallsPerSecond
        );
        group.AddEndpointFilter<LoadFilter>();
        group
            .MapGet("sessions/{id}", ForLiveSessionAsync)
            .WithName("RecommendForSession")
            .WithExample("id", "2f0b2524-9ba3-495e-9ff9-9980fe9b46ad")
            .WithSummary("Products that come next in a live session, by its visits as they are now");
        group
            .MapGet("users/{id}", ForUserAsync)
            .WithName("RecommendForUser")
            .WithExample("id", "615215965")
            .WithSummary("Products for a visitor, by what the visitor looked at and bought lately over all visits");
        group
            .MapPost("sessions", ForToldSessionAsync)
            .WithName("RecommendForToldSession")
            .WithBodyExample(
                """
                {"events":[{"event_type":"view","product_id":"37326829"},{"event_type":"cart","product_id":"58916293"}]}
                """
            )
            .WithSummary("Products for a session whose events come with the request, oldest first");
        group
            .MapGet("products/{id}/similar", SimilarToAsync)
            .WithName("RecommendSimilar")
            .WithExample("id", "58916293")
            .WithSummary("Products that are visited together with one, then the most visited of its category");
        group
            .MapGet("trending", ListTrending)
            .WithName("RecommendTrending")
            .WithSummary("Products that are visited most lately");
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> ForLiveSessionAsync(
        [Description("The session.")] string id,
        [AsParameters] RecommendationParameters query,
        RecommendationQuestions questions,
        PlannedRecommender planned,
        ServedAnswers answers,
        [FromQuery(Name = "exclude_seen")]
        [Description("Whether the session's own products stay out.")]
            bool excludeSeen = true
    )
    {
        Dictionary<string, string[]> errors = Errors(id);
        RecommendationFilter filter = RecommendationFilter.Read(query, excludeSeen, errors);
        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        string? userId = query.UserId;
        Func<AnswerPlan, RecommendationAnswer> ask = await questions.ForSessionAsync(id, userId, filter);
        return Given(answers, "session", planned.Answer("session", new AnswerUnit(userId, id), ask));
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> ForUserAsync(
        [Description("The visitor.")] string id,
        [AsParameters] RecommendationParameters query,
        RecommendationQuestions questions,
        PlannedRecommender planned,
        ServedAnswers answers,
        [FromQuery(Name = "exclude_seen")]
        [Description("Whether the products that the visitor looked at, put into the cart or bought lately stay out.")]
            bool excludeSeen = true
    )
    {
        Dictionary<string, string[]> errors = Errors(id);
        RecommendationFilter filter = RecommendationFilter.Read(query, excludeSeen, errors);
        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        Func<AnswerPlan, RecommendationAnswer> ask = await questions.ForUserAsync(id, filter);
        return Given(answers, "user", planned.Answer("user", new AnswerUnit(id, query.UserSession), ask));
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> ForToldSessionAsync(
        SessionRequest session,
        [AsParameters] RecommendationParameters query,
        RecommendationQuestions questions,
        PlannedRecommender planned,
        ServedAnswers answers,
        [FromQuery(Name = "exclude_seen")]
        [Description("Whether the session's own products stay out.")]
            bool excludeSeen = true
    )
    {
        Dictionary<string, string[]> errors = [];
        VisitorSession told = Read(session.Events, errors);
        RecommendationFilter filter = RecommendationFilter.Read(query, excludeSeen, errors);
        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        Func<AnswerPlan, RecommendationAnswer> ask = await questions.ForToldSessionAsync(
            told,
            query.UserSession,
            query.UserId,
            filter
        );
        AnswerUnit unit = new(query.UserId, query.UserSession);
        return Given(answers, "told_session", planned.Answer("told_session", unit, ask));
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> SimilarToAsync(
        [Description("The product.")] string id,
        [AsParameters] RecommendationParameters query,
        RecommendationQuestions questions,
        PlannedRecommender planned,
        ServedAnswers answers
    )
    {
        Dictionary<string, string[]> errors = Errors(id);
        RecommendationFilter filter = RecommendationFilter.Read(query, excludeSeen: true, errors);
        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        Func<AnswerPlan, RecommendationAnswer> ask = await questions.SimilarToAsync(id, filter);
        AnswerUnit unit = new(query.UserId, query.UserSession);
        return Given(answers, "similar", planned.Answer("similar", unit, ask));
    }

    private static Results<Ok<RecommendationAnswer>, ValidationProblem> ListTrending(
        [AsParameters] RecommendationParameters query,
        RecommendationQuestions questions,
        PlannedRecommender planned,
        ServedAnswers answers
    )
    {
        Dictionary<string, string[]> errors = [];
        RecommendationFilter filter = RecommendationFilter.Read(query, excludeSeen: true, errors);
        AnswerUnit unit = new(query.UserId, query.UserSession);
        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : Given(answers, "trending", planned.Answer("trending", unit, questions.Trending(filter)));
    }

    /// <summary>Remembers an answer, for the feedback on it.</summary>
    private static Ok<RecommendationAnswer> Given(ServedAnswers answers, string kind, RecommendationAnswer answer)
    {
        answers.Add(
            new ServedAnswer(
                answer.RecommendationId,
                kind,
                answer.Model,
                answer.RulesVersion,
                [.. answer.Items.Select(item => item.ProductId)],
                [.. answer.Items.Select(item => item.Source)],
                answer.Experiment?.Exposure
            )
        );
        return TypedResults.Ok(answer);
    }

    private static Dictionary<string, string[]> Errors(string id)
    {
        Dictionary<string, string[]> errors = [];
        if (!OpaqueId.IsValid(id))
        {
            errors["id"] = [$"id {OpaqueId.Expected}."];
        }

        return errors;
    }

    /// <summary>The session, by the same step as a live session's.</summary>
    internal static VisitorSession Read(IReadOnlyList<SessionEvent?>? events, Dictionary<string, string[]> errors)
    {
        if (events is not { Count: > 0 and <= MaxEvents })
        {
            errors["events"] = [$"1 to {MaxEvents} events are needed, {events?.Count ?? 0} were given."];
            return VisitorSession.Empty;
        }

        VisitorSession session = VisitorSession.Empty;
        for (int i = 0; i < events.Count; i++)
        {
            bool isKnown = BehaviorEventTypes.TryParse(events[i]?.EventType, out BehaviorEventType type);
            if (!isKnown)
            {
                errors[$"events[{i}].event_type"] =
                [
                    $"event_type is none of {string.Join(", ", BehaviorEventTypes.Names)}.",
                ];
            }

            if (events[i]?.ProductId is not { } product || !OpaqueId.IsValid(product))
            {
                errors[$"events[{i}].product_id"] = [$"product_id {OpaqueId.Expected}."];
            }
            else if (isKnown)
            {
                session = session.With(product, type);
            }
        }

        return session;
    }
}
