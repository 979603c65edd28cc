using System.Runtime.InteropServices;

namespace Fecom.Learning.Purchase;

/// <summary>Turns a category into the rate at which it was bought, smoothed towards the rate of all rows (Micci-Barreca, 2001), as its difference to that rate.</summary>
/// <remarks>One that was never seen is 0, no different from all rows; a missing one is <see cref="Missing"/>.</remarks>
public sealed class TargetEncoding
{
    /// <summary>Rows of the overall rate that are mixed into each category's own.</summary>
    public const double Smoothing = 20;

    /// <summary>Stands for a missing category: below any difference of two rates, so that a tree can tell it from all others by one split.</summary>
    public const float Missing = -1;

    private readonly Dictionary<string, float> _differences;
    private readonly Dictionary<string, float>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    private TargetEncoding(Dictionary<string, float> differences)
    {
        _differences = differences;
        _bySpan = differences.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every category's encoded value.</summary>
    public IReadOnlyDictionary<string, float> Differences => _differences;

    /// <summary>An encoding from values that <see cref="Differences"/> gave.</summary>
    public static TargetEncoding From(IReadOnlyDictionary<string, float> differences) =>
        new(new Dictionary<string, float>(differences, StringComparer.Ordinal));

    /// <summary>The category's value; empty counts as missing.</summary>
    public float Encode(ReadOnlySpan<char> category) =>
        category.IsEmpty ? Missing
        : _bySpan.TryGetValue(category, out float difference) ? difference
        : 0;

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
            if (category(rows[i]) is { Length: > 0 } name && foldOf(i) != leftOut)
            {
                ref (int Count, int Bought) of = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, name, out _);
                of = (of.Count + 1, of.Bought + (rows[i].IsPurchased ? 1 : 0));
            }
        }

        Dictionary<string, float> differences = new(StringComparer.Ordinal);
        foreach ((string name, (int count, int bought)) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            differences.Add(name, (float)(((bought + (prior * Smoothing)) / (count + Smoothing)) - prior));
        }

        return new TargetEncoding(differences);
    }
}
