namespace Fecom.Learning.Purchase;

/// <summary>What training saw and how good the model is on the newest sessions, beside its baselines.</summary>
public sealed record PurchaseReport
{
    /// <summary>Which events the rows stand for.</summary>
    public required PurchaseCandidate Candidate { get; init; }

    /// <summary>Rows learnt from.</summary>
    public required int TrainRows { get; init; }

    /// <summary>Rows measured on.</summary>
    public required int ValidationRows { get; init; }

    /// <summary>Sessions measured on began then or later, UTC.</summary>
    public required DateTime ValidationStart { get; init; }

    /// <summary>Share of the training rows that were bought.</summary>
    public required double TrainRate { get; init; }

    /// <summary>Share of the validation rows that were bought: the PR-AUC of a random order.</summary>
    public required double ValidationRate { get; init; }

    /// <summary>What the model predicts with: the most elaborate that does not lose to a simpler one on the validation rows.</summary>
    public required PurchaseAlgorithm Algorithm { get; init; }

    /// <summary>Trees that were grown.</summary>
    public required int Trees { get; init; }

    /// <summary>
    /// Log loss after each tree on the sessions that decide how many are grown, from the first tree on: what early stopping saw.
    /// </summary>
    public IReadOnlyList<double> LearningCurve { get; init; } = [];

    /// <summary>The model: one of those below, the original features left out.</summary>
    public PurchaseMetrics Model =>
        Algorithm switch
        {
            PurchaseAlgorithm.LightGbm => LightGbm,
            PurchaseAlgorithm.LogisticRegression => Logistic,
            _ => BaseRate,
        };

    /// <summary>Boosted trees.</summary>
    public required PurchaseMetrics LightGbm { get; init; }

    /// <summary>Logistic regression on the same features.</summary>
    public required PurchaseMetrics Logistic { get; init; }

    /// <summary>Boosted trees on the six original features alone.</summary>
    public required PurchaseMetrics Original { get; init; }

    /// <summary>The training rows' rate for everyone.</summary>
    public required PurchaseMetrics BaseRate { get; init; }
}
