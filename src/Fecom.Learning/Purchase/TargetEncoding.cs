using System.Runtime.InteropServices;

namespace Fecom.Learning.Purchase;

/// <summary>Turns a category into the rate at which it was bought, smoothed towards the rate of all rows (Micci-Barreca, 2001).</summary>
/// <remarks>A missing category is NaN, one that was never seen is the rate of all rows.</remarks>
public sealed class TargetEncoding
{
    /// <summary>Rows of the overall rate that are mixed into each category's own.</summary>
    public const double Smoothing = 20;

    private readonly Dictionary<string, float> _rates;
    private readonly float _prior;

    private TargetEncoding(Dictionary<string, float> rates, float prior)
    {
        _rates = rates;
        _prior = prior;
    }

    /// <summary>Every category's encoded value.</summary>
    public IReadOnlyDictionary<string, float> Rates => _rates;

    /// <summary>An encoding from values that <see cref="Rates"/> gave.</summary>
    public static TargetEncoding From(IReadOnlyDictionary<string, float> rates, double prior) =>
        new(new Dictionary<string, float>(rates), (float)prior);

    /// <summary>The category's value.</summary>
    public float Encode(string? category)
    {
        if (category is null)
        {
            return float.NaN;
        }

        return _rates.TryGetValue(category, out float rate) ? rate : _prior;
    }

    /// <summary>Fits on rows, leaving out those of one fold.</summary>
    /// <param name="rows">The training rows.</param>
    /// <param name="category">Which feature.</param>
    /// <param name="prior">The rate of all rows.</param>
    /// <param name="foldOf">The fold of a row by its place.</param>
    /// <param name="leftOut">The fold that does not count; -1 counts every row.</param>
    internal static TargetEncoding Fit(
        IReadOnlyList<PurchaseRow> rows,
        Func<PurchaseRow, string?> category,
        double prior,
        Func<int, int> foldOf,
        int leftOut
    )
    {
        Dictionary<string, (int Count, int Bought)> counts = [];
        for (int i = 0; i < rows.Count; i++)
        {
            if (category(rows[i]) is string name && foldOf(i) != leftOut)
            {
                ref (int Count, int Bought) of = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, name, out _);
                of = (of.Count + 1, of.Bought + (rows[i].IsPurchased ? 1 : 0));
            }
        }

        Dictionary<string, float> rates = [];
        foreach ((string name, (int count, int bought)) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            rates.Add(name, (float)((bought + (prior * Smoothing)) / (count + Smoothing)));
        }

        return new TargetEncoding(rates, (float)prior);
    }
}
