namespace Fecom.Learning.XGBoost;

/// <summary>How trees are grown. The defaults suit a yes-or-no label on some hundred thousand rows.</summary>
public sealed record BoostingOptions
{
    /// <summary>XGBoost's objective. Default <c>binary:logistic</c>.</summary>
    public string Objective { get; init; } = "binary:logistic";

    /// <summary>Metric watched on the validation rows. Default <c>logloss</c>.</summary>
    public string Metric { get; init; } = "logloss";

    /// <summary>True when a larger metric is better. Default false.</summary>
    public bool Maximize { get; init; }

    /// <summary>The most trees, from 1. Default 600.</summary>
    public int Rounds { get; init; } = 600;

    /// <summary>Stops when so many trees brought nothing, from 1. Default 30. Without validation rows all rounds are run.</summary>
    public int EarlyStoppingRounds { get; init; } = 30;

    /// <summary>Share of each tree that is added, 0 to 1. Default 0.05.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Depth of a tree, from 1. Default 4.</summary>
    public int MaxDepth { get; init; } = 4;

    /// <summary>Least weight (sum of second derivatives) of a leaf, from 0. Default 10.</summary>
    public double MinChildWeight { get; init; } = 10;

    /// <summary>Least gain of a split, from 0. Default 0.</summary>
    public double Gamma { get; init; }

    /// <summary>L2 penalty on leaves, from 0. Default 2.</summary>
    public double Lambda { get; init; } = 2;

    /// <summary>Share of rows a tree sees, above 0 to 1. Default 0.8.</summary>
    public double Subsample { get; init; } = 0.8;

    /// <summary>Share of features a tree sees, above 0 to 1. Default 0.8.</summary>
    public double ColumnSample { get; init; } = 0.8;

    /// <summary>What is predicted before the first tree; a probability for a yes-or-no label. Default 0.5.</summary>
    public double BaseScore { get; init; } = 0.5;

    /// <summary>Threads; 0 means all. Default 0.</summary>
    public int Threads { get; init; }

    /// <summary>Seed of the row and feature samples. Default 17.</summary>
    public int Seed { get; init; } = 17;
}

/// <summary>Where training stands.</summary>
/// <param name="Round">Trees grown so far, from 1.</param>
/// <param name="Rounds">The most trees.</param>
/// <param name="Metric">The metric on the validation rows; NaN when there are none.</param>
/// <param name="BestRound">Trees of the best model so far.</param>
public sealed record BoostingProgress(int Round, int Rounds, double Metric, int BestRound);
