using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Contracts;

namespace Fecom.Serving.PredictPurchase;

/// <summary>What to predict.</summary>
/// <param name="Instances">1 to 1,000 products in sessions.</param>
/// <param name="Explain">Whether each prediction comes with what every feature adds to it.</param>
internal sealed record PurchasePredictionRequest(
    [property: Required, Length(1, PredictPurchaseApi.MaxInstances)] IReadOnlyList<PredictionInstance?>? Instances,
    bool Explain = false
);

/// <summary>A product in a session.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="UserSession">The session.</param>
/// <param name="UserId">The visitor; when left out, that of the session's newest event, which takes a second look at the online store.</param>
internal sealed record PredictionInstance(
    [property: Required, JsonConverter(typeof(OpaqueIdConverter))] string? ProductId,
    [property: Required, JsonConverter(typeof(OpaqueIdConverter))] string? UserSession,
    [property: JsonConverter(typeof(OpaqueIdConverter))] string? UserId = null
);

/// <summary>Predictions, and the model that made them.</summary>
/// <param name="Predictions">In the order of the instances.</param>
/// <param name="Model">What predicted. Where a challenger answers some of the visitors and the instances are of several, the champion: <c>model_version</c> of each says what answered it.</param>
internal sealed record PurchasePredictions(IReadOnlyList<PurchasePrediction> Predictions, PurchaseModelAnswer Model);

/// <summary>What predicted.</summary>
/// <param name="Name">The registered model, or <c>base_rate</c> when none serves.</param>
/// <param name="Version">Its version; null when none serves.</param>
/// <param name="Algorithm"><c>lightgbm</c>, or <c>logistic_regression</c> or <c>base_rate</c> where that was better on the newest sessions.</param>
/// <param name="ValidFor">Which products it has learnt to speak of; null when none serves.</param>
/// <param name="Notes">What is wrong or unusual with the model, a sentence each.</param>
internal sealed record PurchaseModelAnswer(
    string Name,
    int? Version,
    [property: AllowedValues("lightgbm", "logistic_regression", "base_rate")] string Algorithm,
    string? ValidFor,
    IReadOnlyList<string> Notes
);

/// <summary>How likely the product is bought later in the session.</summary>
/// <param name="Probability">0 to 1.</param>
/// <param name="InCart">Whether the product is in the session's cart; null when that is not known.</param>
/// <param name="Note">What to keep in mind where the model is not valid for the product as it is; null where it is.</param>
/// <param name="FeaturesFound">What was known.</param>
/// <param name="Fallback"><c>base_rate</c> when no features went into the probability; null when the model predicted it.</param>
/// <param name="FallbackReason"><c>no_model</c>, <c>product_unknown</c> or <c>online_store_away</c>; null without a fallback.</param>
/// <param name="Contributions">What each feature added to the log odds, when asked for and predicted by the model.</param>
/// <param name="ModelVersion">The version that answered; null when none serves.</param>
internal sealed record PurchasePrediction(
    [property: Range(0.0, 1.0)] float Probability,
    bool? InCart,
    string? Note,
    FeaturesFound FeaturesFound,
    [property: AllowedValues("base_rate", null)] string? Fallback,
    [property: AllowedValues("no_model", "product_unknown", "online_store_away", null)] string? FallbackReason,
    IReadOnlyList<FeatureContribution>? Contributions,
    int? ModelVersion
);

/// <summary>Whether the session and the product were known. Without the session the event counts as its first.</summary>
/// <param name="Session">Whether the session was.</param>
/// <param name="Product">Whether the product was.</param>
internal sealed record FeaturesFound(bool Session, bool Product);

/// <summary>What a feature adds.</summary>
/// <param name="Feature">Its name, or <c>bias</c>.</param>
/// <param name="Value">Its value; null where the shop did not say, and for the bias.</param>
/// <param name="LogOdds">Added to the log odds of a purchase.</param>
internal sealed record FeatureContribution(string Feature, object? Value, double LogOdds);
