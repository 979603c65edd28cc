using System.Runtime.InteropServices;

namespace Fecom.Learning.Metrics;

/// <summary>A figure, and where it may lie by chance.</summary>
/// <param name="Value">The figure on the rows as they are.</param>
/// <param name="Lower">Lower end of the 95 % interval.</param>
/// <param name="Upper">Upper end of the 95 % interval.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Estimate(double Value, double Lower, double Upper);

/// <summary>How far chance may move a figure: the percentile bootstrap (Efron and Tibshirani, 1993).</summary>
/// <remarks>
/// Groups are drawn anew, not rows: the rows of a session are alike, and drawn one by one they would feign certainty. A difference of
/// two models is computed on the same draw for both, which takes out what is difficult for either.
/// </remarks>
public static class Bootstrap
{
    /// <summary>Draws: enough for the ends of a 95 % interval.</summary>
    public const int Draws = 1_000;

    private const double Tail = 0.025;

    /// <summary>Estimates a figure.</summary>
    /// <param name="groups">How many groups there are.</param>
    /// <param name="figure">The figure when group <c>g</c> is there <c>counts[g]</c> times; draws for which it is not a number are left out.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The figure and its interval; not numbers where there are no groups.</returns>
    public static Estimate Of(int groups, Func<int[], double> figure, int seed)
    {
        ArgumentNullException.ThrowIfNull(figure);
        if (groups == 0)
        {
            return new Estimate(double.NaN, double.NaN, double.NaN);
        }

        int[] counts = new int[groups];
        Array.Fill(counts, 1);
        double value = figure(counts);
        Random random = new(seed);
        List<double> drawn = new(Draws);
        for (int draw = 0; draw < Draws; draw++)
        {
            Array.Clear(counts);
            for (int i = 0; i < groups; i++)
            {
                counts[random.Next(groups)]++;
            }

            if (figure(counts) is var one && !double.IsNaN(one))
            {
                drawn.Add(one);
            }
        }

        drawn.Sort();
        return drawn.Count == 0
            ? new Estimate(value, double.NaN, double.NaN)
            : new Estimate(
                value,
                drawn[(int)(Tail * (drawn.Count - 1))],
                drawn[(int)Math.Ceiling((1 - Tail) * (drawn.Count - 1))]
            );
    }
}
