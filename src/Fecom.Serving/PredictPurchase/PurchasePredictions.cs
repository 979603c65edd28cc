using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Serving.PredictPurchase;

/// <summary>What to predict.</summary>
/// <param name="Instances">1 to 1,000 products in sessions.</param>
/// <param name="Explain">Whether each prediction comes with what every feature adds to it.</param>
internal sealed record PurchasePredictionRequest(IReadOnlyList<PredictionInstance?>? Instances, bool Explain = false);

/// <summary>A product in a session.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="UserSession">The session.</param>
/// <param name="UserId">The visitor; may be left out, the model does not use it.</param>
internal sealed record PredictionInstance(
    [property: JsonConverter(typeof(OpaqueIdConverter))] string? ProductId,
    [property: JsonConverter(typeof(OpaqueIdConverter))] string? UserSession,
    [property: JsonConverter(typeof(OpaqueIdConverter))] string? UserId = null
);

/// <summary>Predictions in the order of the instances, and the model that made them.</summary>
internal sealed record PurchasePredictions(IReadOnlyList<PurchasePrediction> Predictions, AnsweringModel Model);

/// <summary>How likely the product is bought later in the session.</summary>
/// <param name="Probability">0 to 1.</param>
/// <param name="FeaturesFound">What was known.</param>
/// <param name="Fallback"><c>base_rate</c> when no features went into the probability; null when the model predicted it.</param>
/// <param name="FallbackReason"><c>no_model</c>, <c>product_unknown</c> or <c>online_store_away</c>; null without a fallback.</param>
/// <param name="Contributions">What each feature added to the log odds, when asked for and predicted by the model.</param>
internal sealed record PurchasePrediction(
    float Probability,
    FeaturesFound FeaturesFound,
    string? Fallback,
    string? FallbackReason,
    IReadOnlyList<FeatureContribution>? Contributions
);

/// <summary>Whether the session and the product were known. Without the session the event counts as its first.</summary>
internal sealed record FeaturesFound(bool Session, bool Product);

/// <summary>What a feature adds.</summary>
/// <param name="Feature">Its name, or <c>bias</c>.</param>
/// <param name="Value">Its value; null where the shop did not say, and for the bias.</param>
/// <param name="LogOdds">Added to the log odds of a purchase.</param>
internal sealed record FeatureContribution(string Feature, object? Value, double LogOdds);
