using Fecom.Learning.Purchase;

namespace Fecom.Serving.LogPredictions;

/// <summary>A prediction as it was answered, or made unseen.</summary>
internal sealed record LoggedPrediction
{
    /// <summary>When it was asked for, UTC, to the microsecond.</summary>
    public required DateTime PredictedAt { get; init; }

    /// <summary>The moment that its features speak of, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>The model that predicted.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>The visitor; null where neither the call nor the session named one.</summary>
    public required string? UserId { get; init; }

    /// <summary>The visit.</summary>
    public required string UserSession { get; init; }

    /// <summary>The product.</summary>
    public required string ProductId { get; init; }

    /// <summary>What the model predicted, 0 to 1.</summary>
    public required float Probability { get; init; }

    /// <summary>Of a prediction that a challenger made unseen: what was answered in its place. Null of one that was shown.</summary>
    public float? ShownProbability { get; init; }

    /// <summary>Whether the model has learnt to speak of such a product.</summary>
    public required bool IsValid { get; init; }

    /// <summary>What it was predicted from.</summary>
    public required PurchaseFeatures Features { get; init; }
}
