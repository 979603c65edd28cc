using System.Globalization;
using System.Text;

namespace Fecom.WebConsole.Charts;

/// <summary>Places values in a drawing of 100 by 100 units whose y grows downwards.</summary>
internal readonly record struct ChartScale(double Min, double Max)
{
    public const double Size = 100;

    /// <summary>A scale that has all values, from nothing unless some are below it or far from it.</summary>
    public static ChartScale Of(IEnumerable<double?> values, bool fromZero = true)
    {
        double[] known = [.. values.OfType<double>().Where(double.IsFinite)];
        if (known.Length == 0)
        {
            return new(0, 1);
        }

        double min = fromZero ? Math.Min(0, known.Min()) : known.Min();
        double max = known.Max();
        double top = max <= min ? min + 1 : min + Round(max - min);
        return new(min, top);
    }

    /// <summary>How far down a value stands.</summary>
    public double Y(double value) => Size - ((value - Min) / (Max - Min) * Size);

    /// <summary>How far to the right the value of a number stands.</summary>
    public static double X(int index, int count) => count < 2 ? Size / 2 : index * Size / (count - 1);

    /// <summary>The path of a line, with a gap where there is no value.</summary>
    public string Line(IReadOnlyList<double?> values)
    {
        StringBuilder path = new();
        bool isDown = false;
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i] is not { } value || !double.IsFinite(value))
            {
                isDown = false;
                continue;
            }

            path.Append(
                CultureInfo.InvariantCulture,
                $"{(isDown ? 'L' : 'M')}{X(i, values.Count):0.##} {Y(value):0.##}"
            );
            if (!isDown && (i + 1 == values.Count || values[i + 1] is null))
            {
                // A value between two gaps is a short stroke, or it would not be seen.
                path.Append("h.8");
            }

            isDown = true;
        }

        return path.ToString();
    }

    /// <summary>The path of the area below a line without gaps; empty where it has some.</summary>
    public string Area(IReadOnlyList<double?> values) =>
        values.Count < 2 || values.Any(value => value is null)
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Line(values)}L{Size} {Y(Math.Max(0, Min)):0.##}L0 {Y(Math.Max(0, Min)):0.##}Z"
            );

    /// <summary>The next of 1, 1.5, 2, 3, 5, 7.5 by a power of ten.</summary>
    private static double Round(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return new[] { 1, 1.5, 2, 3, 5, 7.5, 10 }.First(step => step * power >= value * 0.999_999) * power;
    }
}
