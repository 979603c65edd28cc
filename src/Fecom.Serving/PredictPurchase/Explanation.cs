using Fecom.Learning.Purchase;
using Fecom.Learning.Views;

namespace Fecom.Serving.PredictPurchase;

/// <summary>A model's contributions beside the values that they came from.</summary>
internal static class Explanation
{
    public static FeatureContribution[] Of(PurchaseModel model, SessionFeatures features) =>
        [
            .. model
                .Explain(features)
                .Select(c => new FeatureContribution(c.Feature, ValueOf(c.Feature, features), c.LogOdds)),
        ];

    private static object? ValueOf(string feature, in SessionFeatures features) =>
        feature switch
        {
            "category_code_level1" => features.CategoryCodeLevel1,
            "category_code_level2" => features.CategoryCodeLevel2,
            "event_weekday" => features.EventWeekday,
            "activity_count" => features.ActivityCount,
            "price" => features.Price,
            "brand" => features.Brand,
            _ => null,
        };
}
