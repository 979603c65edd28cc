namespace Fecom.Warehouse.ShowKpis;

/// <summary>A share, with the interval in which the true one lies with 95 % probability.</summary>
/// <param name="Value">The share, 0 to 1.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
internal sealed record Rate(double Value, double Low, double High)
{
    /// <summary>Of a normal distribution 95 % lie within so many standard deviations.</summary>
    private const double Deviations = 1.959964;

    /// <summary>How many of some; null when there are none, or more than there are of these, so that not all of these were told.</summary>
    /// <remarks>The interval is Wilson's (Journal of the American Statistical Association 22, 1927), which holds for few and for small shares too.</remarks>
    public static Rate? Of(long hits, long all)
    {
        if (all <= 0 || hits > all)
        {
            return null;
        }

        double share = (double)hits / all;
        double square = Deviations * Deviations / all;
        double middle = (share + (square / 2)) / (1 + square);
        double half = Deviations * Math.Sqrt((share * (1 - share) / all) + (square / (4 * all))) / (1 + square);
        return new Rate(share, Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}
