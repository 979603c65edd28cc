using Fecom.Learning.Boosting;

namespace Fecom.Learning.Purchase;

/// <summary>Turns encoded rows into log odds of a purchase. Used from any number of threads at once.</summary>
internal abstract class PurchaseScorer
{
    /// <summary>Trees; 0 when there are none.</summary>
    public virtual int Trees => 0;

    /// <summary>Log odds of one row of <see cref="PurchaseEncoder.Columns"/> numbers.</summary>
    public abstract double LogOdds(ReadOnlySpan<float> row);

    /// <summary>Log odds of many rows.</summary>
    public void LogOdds(ReadOnlySpan<float> rows, Span<double> logOdds)
    {
        for (int row = 0; row < logOdds.Length; row++)
        {
            logOdds[row] = LogOdds(rows.Slice(row * PurchaseEncoder.Columns, PurchaseEncoder.Columns));
        }
    }

    /// <summary>What each feature adds and, last, what the model says before any of them: together the log odds.</summary>
    public abstract void Contributions(ReadOnlySpan<float> row, Span<double> contributions);

    /// <summary>0 to 1.</summary>
    public static float Probability(double logOdds) => (float)(1 / (1 + Math.Exp(-logOdds)));
}

/// <summary>A weight a feature; a category that is missing has a weight of its own. A contribution is the distance from the training rows' mean.</summary>
/// <param name="weights">A weight for each of <see cref="LogisticBaseline.Columns"/>.</param>
/// <param name="means">The training rows' mean of each.</param>
/// <param name="intercept">Log odds of the mean row.</param>
internal sealed class LinearScorer(double[] weights, double[] means, double intercept) : PurchaseScorer
{
    public override double LogOdds(ReadOnlySpan<float> row)
    {
        Span<double> contributions = stackalloc double[PurchaseEncoder.Columns + 1];
        Contributions(row, contributions);
        double sum = 0;
        foreach (double contribution in contributions)
        {
            sum += contribution;
        }

        return sum;
    }

    public override void Contributions(ReadOnlySpan<float> row, Span<double> contributions)
    {
        Span<float> inputs = stackalloc float[LogisticBaseline.Columns];
        LogisticBaseline.Fill(row, inputs);
        contributions.Clear();
        for (int i = 0; i < inputs.Length; i++)
        {
            contributions[LogisticBaseline.FeatureOf(i)] += weights[i] * (inputs[i] - means[i]);
        }

        contributions[^1] = intercept;
    }
}

/// <summary>Boosted trees; the base rate is one that never split.</summary>
internal sealed class TreeScorer(TreeEnsemble trees) : PurchaseScorer
{
    public override int Trees => trees.Count;

    public override double LogOdds(ReadOnlySpan<float> row) => trees.LogOdds(row);

    public override void Contributions(ReadOnlySpan<float> row, Span<double> contributions) =>
        trees.Contributions(row, contributions);
}
