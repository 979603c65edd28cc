namespace Fecom.Learning.Metrics;

/// <summary>How sure a mean is, where cases come in groups: the questions of one session are alike, so sessions count, not questions.</summary>
public static class ClusteredMean
{
    /// <summary>Standard errors to each side of a 95% interval.</summary>
    private const double Errors = 1.96;

    /// <summary>Half the width of the mean's 95% interval; NaN with fewer than two groups.</summary>
    /// <param name="values">A value a case.</param>
    /// <param name="groups">The group of each case; cases of one group stand together.</param>
    public static double HalfWidth(ReadOnlySpan<double> values, ReadOnlySpan<int> groups)
    {
        double mean = 0;
        foreach (double value in values)
        {
            mean += value / values.Length;
        }

        double squares = 0;
        double count = 0;
        for (int i = 0; i < values.Length; count++)
        {
            double residual = 0;
            for (int group = groups[i]; i < values.Length && groups[i] == group; i++)
            {
                residual += values[i] - mean;
            }

            squares += residual * residual;
        }

        return count < 2 ? double.NaN : Errors * Math.Sqrt(squares * count / (count - 1)) / values.Length;
    }
}
