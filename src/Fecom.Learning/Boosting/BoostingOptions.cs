namespace Fecom.Learning.Boosting;

/// <summary>How trees are grown. The defaults suit a yes-or-no label on some ten thousand to a million rows.</summary>
public sealed record BoostingOptions
{
    /// <summary>The most trees, from 1. Default 600.</summary>
    public int Trees { get; init; } = 600;

    /// <summary>Looks no further when so many trees brought nothing on the validation rows, from 1. Default 30.</summary>
    public int EarlyStoppingRounds { get; init; } = 30;

    /// <summary>Share of each tree that is added, above 0 to 1. Default 0.05.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>The most leaves of a tree, 2 to 64. Default 15.</summary>
    public int Leaves { get; init; } = 15;

    /// <summary>The most splits between the root and a leaf, from 1; 0 sets no limit. Default 5.</summary>
    public int MaxDepth { get; init; } = 5;

    /// <summary>Fewest rows of a leaf, from 1. Default 50.</summary>
    public int MinRowsPerLeaf { get; init; } = 50;

    /// <summary>L2 penalty on leaves, from 0. Default 10.</summary>
    public double L2 { get; init; } = 10;

    /// <summary>Share of the rows that a tree sees, above 0 to 1. Default 0.7.</summary>
    public double RowShare { get; init; } = 0.7;

    /// <summary>Share of the features that a tree sees, above 0 to 1. Default 0.5.</summary>
    public double FeatureShare { get; init; } = 0.5;

    /// <summary>Threads; 0 means all. Default 0.</summary>
    public int Threads { get; init; }

    /// <summary>Seed of the row and feature samples: the same rows, options and threads give the same trees. Default 17.</summary>
    public int Seed { get; init; } = 17;
}
