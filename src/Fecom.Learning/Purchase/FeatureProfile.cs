using Fecom.Learning.Metrics;

namespace Fecom.Learning.Purchase;

/// <summary>How a feature is spread over bins: what a model was trained on, to be compared with what it is asked later.</summary>
/// <param name="Feature">The feature's name.</param>
/// <param name="Edges">Of a number: the highest value of each bin, ascending; what lies above the last one has a bin of its own.</param>
/// <param name="Categories">Of a text: the most frequent values, each a bin; all others share one.</param>
/// <param name="Shares">The share of rows in each bin, the first that of the rows without a value, the last that of the rows above or beside all bins.</param>
public sealed record FeatureProfile(
    string Feature,
    IReadOnlyList<double> Edges,
    IReadOnlyList<string> Categories,
    IReadOnlyList<double> Shares
)
{
    /// <summary>Bins of a number that rows are spread over evenly, as far as equal values allow.</summary>
    private const int Bins = 10;

    /// <summary>Rows that a bin in front of a frequent value has at least, by their share: fewer join the value.</summary>
    private const double LeastShare = 0.01;

    private const int MaxCategories = 20;

    /// <summary>Share of the rows that have no value.</summary>
    public double MissingShare => Shares[0];

    /// <summary>The profiles of all features of the model, in the order of <see cref="PurchaseEncoder.FeatureNames"/>.</summary>
    /// <param name="rows">At least one.</param>
    public static IReadOnlyList<FeatureProfile> Of(IReadOnlyList<PurchaseFeatures> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return
        [
            .. Enumerable
                .Range(0, PurchaseEncoder.Columns)
                .Select(place => PurchaseFeatures.IsText(place) ? OfTexts(place, rows) : OfNumbers(place, rows)),
        ];
    }

    /// <summary>How the same feature of other rows is spread over these bins.</summary>
    /// <param name="rows">At least one.</param>
    /// <exception cref="ArgumentException">The model has no such feature.</exception>
    public IReadOnlyList<double> SharesOf(IReadOnlyList<PurchaseFeatures> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        int place = PurchaseFeatures.PlaceOfFeature(Feature);
        if (place < 0)
        {
            throw new ArgumentException($"The purchase model has no feature {Feature}.", nameof(rows));
        }

        long[] counts = new long[Shares.Count];
        foreach (PurchaseFeatures row in rows)
        {
            counts[PurchaseFeatures.IsText(place) ? BinOf(row.Text(place)) : BinOf(row.Number(place))]++;
        }

        return [.. counts.Select(count => (double)count / rows.Count)];
    }

    /// <summary>How far the feature has moved: see <see cref="PopulationStability"/>.</summary>
    /// <param name="shares">Of <see cref="SharesOf"/>.</param>
    public double StabilityIndexOf(IReadOnlyList<double> shares) => PopulationStability.Of(Shares, shares);

    private static FeatureProfile OfTexts(int place, IReadOnlyList<PurchaseFeatures> rows)
    {
        string[] categories =
        [
            .. rows.Select(row => row.Text(place))
                .OfType<string>()
                .CountBy(text => text, StringComparer.Ordinal)
                .OrderByDescending(category => category.Value)
                .ThenBy(category => category.Key, StringComparer.Ordinal)
                .Take(MaxCategories)
                .Select(category => category.Key),
        ];
        return With(PurchaseEncoder.FeatureNames[place], [], categories, rows);
    }

    private static FeatureProfile OfNumbers(int place, IReadOnlyList<PurchaseFeatures> rows)
    {
        float[] values = [.. rows.Select(row => row.Number(place)).Where(value => !float.IsNaN(value)).Order()];
        return With(PurchaseEncoder.FeatureNames[place], EdgesOf(values), [], rows);
    }

    private static FeatureProfile With(
        string feature,
        IReadOnlyList<double> edges,
        IReadOnlyList<string> categories,
        IReadOnlyList<PurchaseFeatures> rows
    )
    {
        FeatureProfile empty = new(feature, edges, categories, new double[edges.Count + categories.Count + 2]);
        return empty with { Shares = empty.SharesOf(rows) };
    }

    /// <summary>Bins of equal count. Equal values stay together, and a frequent one has a bin without the rarer ones below it.</summary>
    private static List<double> EdgesOf(float[] sorted)
    {
        List<double> edges = [];
        double size = (double)sorted.Length / Bins;
        int start = 0;
        for (int i = 0; i < sorted.Length; )
        {
            int end = i + 1;
            while (end < sorted.Length && sorted[end] == sorted[i])
            {
                end++;
            }

            if (end - i >= size && i - start >= LeastShare * sorted.Length && i > start)
            {
                edges.Add(sorted[i - 1]);
                start = i;
            }

            if (end - start >= size || end == sorted.Length)
            {
                edges.Add(sorted[i]);
                start = end;
            }

            i = end;
        }

        return edges;
    }

    private int BinOf(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        for (int i = 0; i < Categories.Count; i++)
        {
            if (Categories[i] == text)
            {
                return i + 1;
            }
        }

        return Shares.Count - 1;
    }

    private int BinOf(float number)
    {
        if (float.IsNaN(number))
        {
            return 0;
        }

        int bin = 0;
        while (bin < Edges.Count && number > Edges[bin])
        {
            bin++;
        }

        return bin + 1;
    }
}
