using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Serving.RecommendProducts;

/// <summary>What to show.</summary>
/// <param name="RecommendationId">Names this answer in feedback.</param>
/// <param name="Model">The recommender that was asked; <c>trending</c>, without a version, where it had no part in the answer.</param>
/// <param name="Items">Best first, each product once; fewer than asked for when there are no more.</param>
/// <param name="Fallback">The source that answered because the one asked for had nothing: <c>co_visitation</c>, <c>content</c>, <c>category</c>, <c>trending</c>, <c>popularity</c>, or <c>none</c> with no items; else null.</param>
/// <param name="FallbackReason"><c>online_store_away</c> when the online store did not answer in time: the session is then as this host has it in memory, or unknown; else null.</param>
/// <param name="RulesVersion">The version of the rules that were followed; 0 where there are none.</param>
/// <param name="Experiment">The experiment that the visitor is part of, and what they get of it; null when of none.</param>
/// <param name="LeftOut">With <c>explain=true</c> up to 100 candidates that the rules kept out; else null.</param>
internal sealed record RecommendationAnswer(
    Guid RecommendationId,
    AnsweringModel Model,
    IReadOnlyList<RecommendedProduct> Items,
    [property: AllowedValues("co_visitation", "content", "category", "trending", "popularity", "none", null)]
        string? Fallback,
    [property: AllowedValues("online_store_away", null)] string? FallbackReason,
    int RulesVersion,
    AssignedVariant? Experiment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LeftOutProduct>? LeftOut
)
{
    public const string StoreAway = "online_store_away";
}

/// <summary>What a visitor gets of an experiment.</summary>
/// <param name="Name">The experiment.</param>
/// <param name="Variant">The variant.</param>
internal sealed record AssignedVariant(string Name, string Variant)
{
    /// <summary>What is recorded with the answer.</summary>
    [JsonIgnore]
    public Exposure? Exposure { get; init; }
}

/// <summary>A product to show.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Score">Above 0; never rises from one item to the next, and is comparable within one answer only. The first source's own measure; what
/// another source adds is scaled to begin at the score of the last item before it. A product that rules put before a better one has that one's score.</param>
/// <param name="Source"><c>next_item</c>, <c>co_visitation</c>, <c>content</c>, <c>category</c>, <c>trending</c> or <c>popularity</c>; <c>rule</c> where none of them named it and a rule pinned it.</param>
/// <param name="Reason">Why, for a person.</param>
/// <param name="Explanation">With <c>explain=true</c> what put it there; else null.</param>
internal sealed record RecommendedProduct(
    string ProductId,
    double Score,
    [property: AllowedValues("next_item", "co_visitation", "content", "category", "trending", "popularity", "rule")]
        string Source,
    string Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        RecommendationExplanation? Explanation = null
);

/// <summary>A visit that the caller tells, in place of a live session.</summary>
/// <param name="Events">1 to 100 events, the oldest first.</param>
internal sealed record SessionRequest(
    [property: Required, Length(1, RecommendProductsApi.MaxEvents)] IReadOnlyList<SessionEvent?>? Events
);

/// <summary>What was done with a product.</summary>
/// <param name="EventType"><c>view</c>, <c>cart</c>, <c>remove_from_cart</c> or <c>purchase</c>.</param>
/// <param name="ProductId">The product.</param>
internal sealed record SessionEvent(
    [property: Required, AllowedValues("view", "cart", "remove_from_cart", "purchase")] string? EventType,
    [property: Required, JsonConverter(typeof(OpaqueIdConverter))] string? ProductId
);
