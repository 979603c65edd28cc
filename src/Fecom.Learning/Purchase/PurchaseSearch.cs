using Fecom.Learning.Boosting;
using Fecom.Learning.Tuning;

namespace Fecom.Learning.Purchase;

/// <summary>What of the purchase model a study looks for: how its trees are grown.</summary>
public static class PurchaseSearch
{
    /// <summary>Rows that the lowest rung must learn from at least: fewer tell nothing of how many do.</summary>
    private const int MinRows = 5_000;

    private const int MaxRungs = 3;

    /// <summary>Learning rates of all trees of a trial below the highest rung, added up: twice what is used up where the release's own rate is best.</summary>
    private const double MaxLearning = 15;

    /// <summary>The ranges.</summary>
    public static IReadOnlyList<ParameterRange> Space { get; } =
    [
        new("learning_rate", 0.01, 0.2, IsLogarithmic: true),
        new("leaves", 4, 63, IsLogarithmic: true, IsWhole: true),
        new("min_rows_per_leaf", 10, 500, IsLogarithmic: true, IsWhole: true),
        new("l2", 0.1, 100, IsLogarithmic: true),
        new("row_share", 0.4, 1),
        new("feature_share", 0.15, 1),
    ];

    /// <summary>The parameters of <see cref="Space"/> as some options have them.</summary>
    public static IReadOnlyList<double> Of(BoostingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            options.LearningRate,
            options.Leaves,
            options.MinRowsPerLeaf,
            options.L2,
            options.RowShare,
            options.FeatureShare,
        ];
    }

    /// <summary>Options with these parameters; all else stays.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parameters">In the order of <see cref="Space"/>.</param>
    public static BoostingOptions Apply(BoostingOptions options, IReadOnlyList<double> parameters)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(parameters);
        return options with
        {
            LearningRate = parameters[0],
            Leaves = (int)parameters[1],
            MinRowsPerLeaf = (int)parameters[2],
            L2 = parameters[3],
            RowShare = parameters[4],
            FeatureShare = parameters[5],
        };
    }

    /// <summary>Rungs that so many rows allow: each but the highest learns from a <see cref="StudyPlan.Reduction"/>th of the rows of the one above.</summary>
    public static int RungsFor(int rows)
    {
        int rungs = 1;
        for (int share = StudyPlan.Reduction; rungs < MaxRungs && rows / share >= MinRows; share *= StudyPlan.Reduction)
        {
            rungs++;
        }

        return rungs;
    }

    /// <summary>The share of the rows that a rung learns from, above 0 to 1.</summary>
    /// <param name="rung">The rung, from 0.</param>
    /// <param name="rungs">How many there are.</param>
    public static double ShareOf(int rung, int rungs) => Math.Pow(StudyPlan.Reduction, rung + 1 - rungs);

    /// <summary>The most trees of a trial below the highest rung: a fast learning rate needs few, and the rows are too few to feed more.</summary>
    public static int TreesBelow(BoostingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Math.Min(options.Trees, (int)Math.Ceiling(MaxLearning / options.LearningRate));
    }
}
