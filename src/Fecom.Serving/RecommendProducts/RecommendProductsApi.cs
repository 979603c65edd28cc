using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Serving.ReadOnlineStore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.RecommendProducts;

/// <summary>Recommendations for a live session, for a session in the request, for a product, and without either.</summary>
internal static class RecommendProductsApi
{
    private const int MaxEvents = 100;

    public static void MapRecommendations(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/recommendations").WithTags("Serving");
        group
            .MapGet("/sessions/{id}", ForLiveSessionAsync)
            .WithSummary("Products for a live session, by its last products as they are now");
        group
            .MapPost("/sessions", ForToldSessionAsync)
            .WithSummary("Products for a session whose events come with the request, oldest first");
        group
            .MapGet("/products/{id}/similar", SimilarToAsync)
            .WithSummary("Products that are visited together with one, then the most visited of its category");
        group.MapGet("/trending", MostVisited).WithSummary("Products that are visited most lately");
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> ForLiveSessionAsync(
        string id,
        string? count,
        string? category,
        [FromQuery] string[]? exclude,
        [FromQuery(Name = "exclude_seen")] string? excludeSeen,
        OnlineStoreReader store,
        ProductRecommender recommender
    )
    {
        Dictionary<string, string[]> errors = Errors(id);
        RecommendationFilter filter = RecommendationFilter.Read(new(count, category, exclude, excludeSeen), errors);
        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        if ((await store.ReadAsync([id], []))?.Sessions[0] is not { } session)
        {
            return TypedResults.Ok(recommender.ForSession([], filter));
        }

        Category newest = session.Recent.IsEmpty
            ? default
            : await CategoryAsync(session.Recent[^1].ProductId, store, recommender);
        return TypedResults.Ok(recommender.ForSession(session.Recent, filter, newest));
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> ForToldSessionAsync(
        SessionRequest session,
        string? count,
        string? category,
        [FromQuery] string[]? exclude,
        [FromQuery(Name = "exclude_seen")] string? excludeSeen,
        OnlineStoreReader store,
        ProductRecommender recommender
    )
    {
        Dictionary<string, string[]> errors = [];
        RecentProduct[] recent = Read(session.Events, errors);
        RecommendationFilter filter = RecommendationFilter.Read(new(count, category, exclude, excludeSeen), errors);
        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        Category newest = await CategoryAsync(recent[^1].ProductId, store, recommender);
        return TypedResults.Ok(recommender.ForSession(recent, filter, newest));
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem>> SimilarToAsync(
        string id,
        string? count,
        string? category,
        [FromQuery] string[]? exclude,
        OnlineStoreReader store,
        ProductRecommender recommender
    )
    {
        Dictionary<string, string[]> errors = Errors(id);
        RecommendationFilter filter = RecommendationFilter.Read(new(count, category, exclude, null), errors);
        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(recommender.Similar(id, filter, await CategoryAsync(id, store, recommender)));
    }

    private static Results<Ok<RecommendationAnswer>, ValidationProblem> MostVisited(
        string? count,
        string? category,
        [FromQuery] string[]? exclude,
        ProductRecommender recommender
    )
    {
        Dictionary<string, string[]> errors = [];
        RecommendationFilter filter = RecommendationFilter.Read(new(count, category, exclude, null), errors);
        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(recommender.Trending(filter));
    }

    /// <summary>The category of a product that is newer than the recommender, from the online store, which has it from the product's first event on.</summary>
    private static async Task<Category> CategoryAsync(
        string productId,
        OnlineStoreReader store,
        ProductRecommender recommender
    ) =>
        !recommender.Knows(productId) && (await store.ReadAsync([], [productId]))?.Products[0] is { } product
            ? Category.Of(product.CategoryId, product.CategoryCodeLevel1, product.CategoryCodeLevel2, null)
            : default;

    private static Dictionary<string, string[]> Errors(string id)
    {
        Dictionary<string, string[]> errors = [];
        if (!OpaqueId.IsValid(id))
        {
            errors["id"] = [$"id {OpaqueId.Expected}."];
        }

        return errors;
    }

    /// <summary>The session's last products, by the same step as a live session's.</summary>
    internal static RecentProduct[] Read(IReadOnlyList<SessionEvent?>? events, Dictionary<string, string[]> errors)
    {
        if (events is not { Count: > 0 and <= MaxEvents })
        {
            errors["events"] = [$"1 to {MaxEvents} events are needed, {events?.Count ?? 0} were given."];
            return [];
        }

        RecentProduct[] recent = [];
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
                recent = RecentProducts.Add(recent, product, type);
            }
        }

        return recent;
    }
}
