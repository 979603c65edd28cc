using System.ComponentModel.DataAnnotations;
using Fecom.Learning.Merchandising;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.RecommendProducts;

/// <summary>What put a product at its place.</summary>
/// <param name="Score">Its score before the rules; null when no source named it.</param>
/// <param name="Rank">Its place before the rules, from 1; null when no source named it.</param>
/// <param name="Features">Of a product of source <c>next_item</c> the features of the ranker that count most in its score; else empty.</param>
/// <param name="Rules">What the rules did to it.</param>
internal sealed record RecommendationExplanation(
    double? Score,
    int? Rank,
    IReadOnlyList<RankerFeature> Features,
    IReadOnlyList<RuleEffect> Rules
)
{
    public const int MaxFeatures = 8;

    /// <summary>The explanation of a product.</summary>
    /// <param name="product">The product at its place.</param>
    /// <param name="features">What the ranker went by, by product.</param>
    public static RecommendationExplanation Of(
        in RuledProduct product,
        IReadOnlyDictionary<string, IReadOnlyList<FeatureInfluence>> features
    ) =>
        new(
            product.Score,
            product.Rank,
            product.Product.Source == RecommendationSource.NextItem
            && features.TryGetValue(product.Product.ProductId, out IReadOnlyList<FeatureInfluence>? influences)
                ?
                [
                    .. influences
                        .OrderByDescending(influence => Math.Abs(influence.Contribution))
                        .Take(MaxFeatures)
                        .Select(influence => new RankerFeature(
                            influence.Name,
                            influence.Value,
                            influence.Contribution
                        )),
                ]
                : [],
            [.. product.Applied.Select(rule => new RuleEffect(rule.Name, rule.Action, rule.Factor))]
        );
}

/// <summary>A feature of the ranker.</summary>
/// <param name="Name">The feature.</param>
/// <param name="Value">Its value for the product.</param>
/// <param name="Contribution">How much the ranker's score would fall if the value were the mean of the candidates'.</param>
internal sealed record RankerFeature(string Name, float Value, float Contribution);

/// <summary>What a rule did to a product.</summary>
/// <param name="Name">The rule's name, or that of the setting of the whole set of rules.</param>
/// <param name="Action">What it did.</param>
/// <param name="Factor">What the score was multiplied by; null where it was not.</param>
internal sealed record RuleEffect(
    string Name,
    [property: AllowedValues("include", "pin", "boost", "bury", "diversity", "exploration")] string Action,
    double? Factor
);

/// <summary>A candidate that the rules kept out.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Rule">The rule's name; <c>out_of_stock</c> for what is out of stock, <c>price</c> for what is not of the prices that were asked for.</param>
internal sealed record LeftOutProduct(string ProductId, string Rule);
