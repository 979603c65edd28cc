namespace Fecom.Learning.NextItem;

/// <summary>How a recommender is trained. The defaults need no change from shop to shop.</summary>
public sealed record RankerOptions
{
    /// <summary>Trees of the ranker, from 1. Default 150.</summary>
    public int Trees { get; init; } = 150;

    /// <summary>Share of each tree that is added, above 0 to 1. Default 0.05.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Fewest candidates of a leaf, from 1. Default 1,000.</summary>
    public int MinRowsPerLeaf { get; init; } = 1_000;

    /// <summary>Share of the features that a tree sees, above 0 to 1. Default 0.6.</summary>
    public double FeatureShare { get; init; } = 0.6;

    /// <summary>Newest share of the sessions that the ranker learns from; the others are what its candidates come from. Default 0.12.</summary>
    public double RankedShare { get; init; } = 0.12;

    /// <summary>Most questions that the ranker learns from, from 1; evenly spread when there are more. Each takes about 18 KiB, and as much again in LightGBM. Default 60,000.</summary>
    public int MaxQuestions { get; init; } = 60_000;

    /// <summary>Questions that the neighbours' weights are tuned on; 0 keeps <see cref="Neighbours"/>. Default 4,000.</summary>
    public int TuningQuestions { get; init; } = 4_000;

    /// <summary>Where tuning of the neighbours' weights begins.</summary>
    public NeighbourOptions Neighbours { get; init; } = new();

    /// <summary>Threads, from 1. Default: a processor each.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Seed of the trees' samples of features. Default 17.</summary>
    public int Seed { get; init; } = 17;
}
