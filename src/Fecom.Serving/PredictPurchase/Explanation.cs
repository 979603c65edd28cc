using Fecom.Learning.Purchase;

namespace Fecom.Serving.PredictPurchase;

/// <summary>A model's contributions beside the values that they came from.</summary>
internal static class Explanation
{
    public static FeatureContribution[] Of(PurchaseModel model, PurchaseFeatures features) =>
        [
            .. model
                .Explain(features)
                .Select(c => new FeatureContribution(c.Feature, features.ValueOf(c.Feature), c.LogOdds)),
        ];
}
