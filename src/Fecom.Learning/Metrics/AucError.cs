namespace Fecom.Learning.Metrics;

/// <summary>How far chance moves an area under the ROC curve.</summary>
/// <remarks>The standard error of Hanley and McNeil, 1982, from the area and the number of rows of each class.</remarks>
public static class AucError
{
    /// <summary>The standard error; not a number where the area is none or a class is missing.</summary>
    /// <param name="auc">The area, 0 to 1.</param>
    /// <param name="positives">Rows that came true.</param>
    /// <param name="negatives">Rows that did not.</param>
    public static double Of(double auc, long positives, long negatives)
    {
        if (positives <= 0 || negatives <= 0)
        {
            return double.NaN;
        }

        double square = auc * auc;
        double first = (auc / (2 - auc)) - square;
        double second = (2 * square / (1 + auc)) - square;
        double variance = (auc * (1 - auc)) + ((positives - 1.0) * first) + ((negatives - 1.0) * second);
        return Math.Sqrt(variance / ((double)positives * negatives));
    }
}
