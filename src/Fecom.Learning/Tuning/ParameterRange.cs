namespace Fecom.Learning.Tuning;

/// <summary>A parameter and where it may lie.</summary>
/// <param name="Name">The parameter's name, in snake case.</param>
/// <param name="Low">The smallest value.</param>
/// <param name="High">The largest value, above <paramref name="Low"/>.</param>
/// <param name="IsLogarithmic">Whether ratios count rather than differences: from 0.01 to 0.1 is as far as from 0.1 to 1. Asks for a smallest value above 0.</param>
/// <param name="IsWhole">Whether values are whole numbers.</param>
public sealed record ParameterRange(
    string Name,
    double Low,
    double High,
    bool IsLogarithmic = false,
    bool IsWhole = false
)
{
    /// <summary>The value at a place in the range.</summary>
    /// <param name="place">0 is the smallest value, 1 the largest.</param>
    public double ValueAt(double place)
    {
        double value = IsLogarithmic ? Low * Math.Pow(High / Low, place) : Low + ((High - Low) * place);
        value = IsWhole ? Math.Round(value) : value;
        return Math.Clamp(value, Low, High);
    }

    /// <summary>Where a value lies in the range, 0 to 1; one outside counts as the nearer end.</summary>
    public double PlaceOf(double value)
    {
        double inside = Math.Clamp(value, Low, High);
        return IsLogarithmic ? Math.Log(inside / Low) / Math.Log(High / Low) : (inside - Low) / (High - Low);
    }
}
