using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Contracts;
using Fecom.Serving.RecommendProducts;
using Fecom.Serving.SetRules;

namespace Fecom.Serving.PreviewRules;

/// <summary>Rules to try, and for whom.</summary>
/// <param name="RuleSet">The rules, all of them, as they would be set.</param>
/// <param name="For">What the recommendations are for; <c>trending</c> is for anybody.</param>
/// <param name="Id">The session, the visitor or the product; left out with <c>trending</c>.</param>
/// <param name="Count">How many products.</param>
/// <param name="Category">Only products of this category: its id, its path, or a level above it.</param>
internal sealed record RulesPreviewRequest(
    [property: Required] RuleSetBody? RuleSet,
    [property: Required, AllowedValues("session", "user", "product", "trending")] string? For,
    [property: JsonConverter(typeof(OpaqueIdConverter))] string? Id = null,
    [property: Range(1, RecommendationFilter.MaxProducts)] int? Count = null,
    [property: MaxLength(RecommendationFilter.MaxCategoryLength)] string? Category = null
);

/// <summary>Recommendations by the rules in force and by those that were given, of the same moment and for the same visitor.</summary>
/// <param name="RulesVersion">The version of the rules in force.</param>
/// <param name="Model">The recommender that was asked.</param>
/// <param name="FallbackReason"><c>online_store_away</c> when the online store did not answer in time: what is known of the visitor is then old or nothing; else null.</param>
/// <param name="Before">By the rules in force.</param>
/// <param name="After">By the rules that were given.</param>
/// <param name="Changes">Every product of both, by its place after, then those that left.</param>
internal sealed record RulesPreview(
    int RulesVersion,
    AnsweringModel Model,
    [property: AllowedValues("online_store_away", null)] string? FallbackReason,
    PreviewedAnswer Before,
    PreviewedAnswer After,
    IReadOnlyList<PreviewedChange> Changes
)
{
    /// <summary>Puts two answers side by side.</summary>
    public static RulesPreview Of(RecommendationAnswer before, RecommendationAnswer after)
    {
        Dictionary<string, int> former = Places(before);
        Dictionary<string, int> next = Places(after);
        Dictionary<string, string> keptOut = (after.LeftOut ?? []).ToDictionary(
            product => product.ProductId,
            product => product.Rule,
            StringComparer.Ordinal
        );
        return new RulesPreview(
            before.RulesVersion,
            before.Model,
            before.FallbackReason,
            PreviewedAnswer.Of(before),
            PreviewedAnswer.Of(after),
            [
                .. next.OrderBy(product => product.Value)
                    .Select(product =>
                        former.TryGetValue(product.Key, out int place)
                            ? new PreviewedChange(
                                product.Key,
                                place == product.Value ? "same" : "moved",
                                place,
                                product.Value,
                                Rule: null
                            )
                            : new PreviewedChange(product.Key, "added", PlaceBefore: null, product.Value, Rule: null)
                    ),
                .. former
                    .Where(product => !next.ContainsKey(product.Key))
                    .OrderBy(product => product.Value)
                    .Select(product => new PreviewedChange(
                        product.Key,
                        "left",
                        product.Value,
                        PlaceAfter: null,
                        keptOut.GetValueOrDefault(product.Key)
                    )),
            ]
        );
    }

    private static Dictionary<string, int> Places(RecommendationAnswer answer) =>
        answer
            .Items.Select((item, place) => (item.ProductId, Place: place + 1))
            .ToDictionary(item => item.ProductId, item => item.Place, StringComparer.Ordinal);
}

/// <summary>Recommendations that nobody is shown: they have no id, and feedback cannot name them.</summary>
/// <param name="Items">Best first, each with what put it there.</param>
/// <param name="Fallback">The source that answered because the one asked for had nothing: <c>co_visitation</c>, <c>content</c>, <c>category</c>, <c>trending</c>, <c>popularity</c>, or <c>none</c> with no items; else null.</param>
/// <param name="LeftOut">Up to 100 candidates that the rules kept out.</param>
internal sealed record PreviewedAnswer(
    IReadOnlyList<RecommendedProduct> Items,
    [property: AllowedValues("co_visitation", "content", "category", "trending", "popularity", "none", null)]
        string? Fallback,
    IReadOnlyList<LeftOutProduct> LeftOut
)
{
    public static PreviewedAnswer Of(RecommendationAnswer answer) =>
        new(answer.Items, answer.Fallback, answer.LeftOut ?? []);
}

/// <summary>What the rules would do to a product's place.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Change">Whether it stays where it is, moves, leaves or is added.</param>
/// <param name="PlaceBefore">Its place by the rules in force, from 1; null where it has none.</param>
/// <param name="PlaceAfter">Its place by the rules that were given, from 1; null where it has none.</param>
/// <param name="Rule">The rule that keeps out what leaves; null where none names it: it was bought or is in the cart, or others come before it.</param>
internal sealed record PreviewedChange(
    string ProductId,
    [property: AllowedValues("same", "moved", "left", "added")] string Change,
    int? PlaceBefore,
    int? PlaceAfter,
    string? Rule
);
