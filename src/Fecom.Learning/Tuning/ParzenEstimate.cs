namespace Fecom.Learning.Tuning;

/// <summary>A density over 0 to 1: a bell around each of some places, as wide as the gap to its neighbours, and one wide bell over all (Bergstra and others, 2011).</summary>
internal sealed class ParzenEstimate
{
    /// <summary>Width of the bell that says that every place is possible.</summary>
    private const double PriorWidth = 1;

    private readonly double[] _centres;
    private readonly double[] _widths;
    private readonly double[] _inside;

    /// <param name="places">The places, 0 to 1 each; none gives the wide bell alone.</param>
    public ParzenEstimate(IEnumerable<double> places)
    {
        _centres = [.. places.Append(0.5).Order()];
        int prior = Array.IndexOf(_centres, 0.5);
        double narrowest = 1.0 / Math.Min(100, _centres.Length + 1);
        _widths =
        [
            .. _centres.Select(
                (centre, i) =>
                {
                    double before = i == 0 ? centre : centre - _centres[i - 1];
                    double behind = i + 1 == _centres.Length ? 1 - centre : _centres[i + 1] - centre;
                    return i == prior ? PriorWidth : Math.Clamp(Math.Max(before, behind), narrowest, PriorWidth);
                }
            ),
        ];
        _inside =
        [
            .. _centres.Select((centre, i) => Cumulative((1 - centre) / _widths[i]) - Cumulative(-centre / _widths[i])),
        ];
    }

    /// <summary>Draws a place.</summary>
    public double Draw(ref SplitMix random)
    {
        int of = Math.Min((int)(random.NextUniform() * _centres.Length), _centres.Length - 1);
        double place;
        do
        {
            // A third of a bell at least lies between 0 and 1, since its centre does.
            place = _centres[of] + (_widths[of] * random.NextNormal());
        } while (place is < 0 or > 1);

        return place;
    }

    /// <summary>The logarithm of the density at a place.</summary>
    public double LogDensity(double place)
    {
        double sum = 0;
        for (int i = 0; i < _centres.Length; i++)
        {
            double distance = (place - _centres[i]) / _widths[i];
            sum += Math.Exp(-distance * distance / 2) / (_widths[i] * _inside[i]);
        }

        return Math.Log(sum / (_centres.Length * Math.Sqrt(2 * Math.PI)));
    }

    /// <summary>The normal distribution's cumulative share (Abramowitz and Stegun, 26.2.17; error below 1e-7).</summary>
    private static double Cumulative(double x)
    {
        double t = 1 / (1 + (0.2316419 * Math.Abs(x)));
        double tail =
            Math.Exp(-x * x / 2)
            / Math.Sqrt(2 * Math.PI)
            * t
            * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return x >= 0 ? 1 - tail : tail;
    }
}
