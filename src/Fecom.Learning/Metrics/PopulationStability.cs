namespace Fecom.Learning.Metrics;

/// <summary>The population stability index: how far a distribution has moved from another one, in bins that both have.</summary>
/// <remarks>
/// The sum over the bins of (actual − expected) × ln(actual ÷ expected), the symmetric Kullback-Leibler divergence (Siddiqi, Credit Risk
/// Scorecards, 2006). By custom less than 0.1 is stable, more than 0.25 a shift that asks for something to be done.
/// </remarks>
public static class PopulationStability
{
    /// <summary>A share counts as no less: an empty bin would make the index infinite.</summary>
    public const double LeastShare = 0.0001;

    /// <summary>The index, from 0.</summary>
    /// <param name="expected">The shares of the bins before; together 1.</param>
    /// <param name="actual">The shares of the same bins now; together 1.</param>
    /// <exception cref="ArgumentException">The bins are not as many.</exception>
    public static double Of(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        if (expected.Count != actual.Count)
        {
            throw new ArgumentException(
                $"There are {expected.Count} bins expected and {actual.Count} actual.",
                nameof(actual)
            );
        }

        double index = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            double before = Math.Max(expected[i], LeastShare);
            double now = Math.Max(actual[i], LeastShare);
            index += (now - before) * Math.Log(now / before);
        }

        return index;
    }
}
