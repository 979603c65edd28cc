using System.ComponentModel.DataAnnotations;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;

namespace Fecom.Training;

/// <summary>Something that a model predicts from.</summary>
/// <param name="Name">Its name: of the purchase model a feature of the cart view.</param>
/// <param name="Type"><c>text</c>, <c>integer</c> or <c>number</c>.</param>
/// <param name="Unit">What it counts or measures; empty for texts.</param>
/// <param name="Meaning">What it says.</param>
/// <param name="Missing">What a missing value counts as; null where it is empty, or cannot be missing.</param>
internal sealed record ModelInput(
    string Name,
    [property: AllowedValues("text", "integer", "number")] string Type,
    string Unit,
    string Meaning,
    double? Missing
)
{
    /// <summary>Of the purchase model, in the order of its columns.</summary>
    public static IReadOnlyList<ModelInput> OfPurchase { get; } =
    [
        .. PurchaseEncoder.FeatureNames.Select(
            (name, place) => Of(CartFeatures.Features.First(feature => feature.Name == name), place)
        ),
    ];

    /// <summary>Of the recommender: the visitor's newest events, the oldest first.</summary>
    public static IReadOnlyList<ModelInput> OfRecommender { get; } =
    [
        new("product_id", Text, "", "A product of the visitor's session, the oldest first", null),
        new("event_type", Text, "", "What the visitor did with it: view, cart, remove_from_cart or purchase", null),
    ];

    private const string Text = "text";

    private static ModelInput Of(Feature feature, int place) =>
        new(
            feature.Name,
            feature.Type switch
            {
                FeatureType.Text => Text,
                FeatureType.Integer => "integer",
                _ => "number",
            },
            feature.Unit,
            feature.Meaning,
            place < PurchaseEncoder.OriginalColumns
                ? null
                : PurchaseFeatures.Missing[place - PurchaseEncoder.OriginalColumns]
        );
}
