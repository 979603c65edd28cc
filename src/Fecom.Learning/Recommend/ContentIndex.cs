using System.Runtime.InteropServices;
using Fecom.Learning.Merchandising;

namespace Fecom.Learning.Recommend;

/// <summary>
/// What is like a product by what the shop says of it: of the same category, of the same brand, of a price near to its own. It needs no visit of the product,
/// and names products that nobody has visited. Never changes; answers from any number of threads at once.
/// </summary>
/// <remarks>
/// Where orders hold two products and visitors come once, it finds the second product of an order five times as often as plain popularity, and half as often again as the category alone;
/// there a product's popularity counts by its logarithm, and a price of twice or half as much counts half. Brands added little where they were measured.
/// </remarks>
public sealed class ContentIndex
{
    /// <summary>Products of a category that are looked at: the most popular ones.</summary>
    public const int MaxPopular = 800;

    /// <summary>Further ones that nobody visited.</summary>
    public const int MaxCold = 200;

    private const double SameBrand = 1.5;

    /// <summary>Where one of the two prices is not known.</summary>
    private const double UnknownPrice = 0.5;

    private readonly Dictionary<string, Entry[]> _byCategory;

    private ContentIndex(Dictionary<string, Entry[]> byCategory) => _byCategory = byCategory;

    /// <summary>An index without products.</summary>
    public static ContentIndex Empty { get; } = new([]);

    /// <summary>Indexes products.</summary>
    /// <param name="products">Id, what the shop says of it, and how often it was visited, from 0.</param>
    public static ContentIndex Of(IEnumerable<(string Id, ProductFacts Facts, double Popularity)> products)
    {
        ArgumentNullException.ThrowIfNull(products);
        return new ContentIndex(ByCategory(products));
    }

    /// <summary>The same index but for some categories: it costs what their products cost, however many others there are.</summary>
    /// <param name="categories">By <see cref="KeyOf"/>.</param>
    /// <param name="products">All products of these categories, and no others; as in <see cref="Of"/>.</param>
    public ContentIndex With(
        IReadOnlyCollection<string> categories,
        IEnumerable<(string Id, ProductFacts Facts, double Popularity)> products
    )
    {
        ArgumentNullException.ThrowIfNull(categories);
        ArgumentNullException.ThrowIfNull(products);
        Dictionary<string, Entry[]> all = new(_byCategory, StringComparer.Ordinal);
        foreach (string category in categories)
        {
            all.Remove(category);
        }

        foreach ((string category, Entry[] entries) in ByCategory(products))
        {
            all[category] = entries;
        }

        return new ContentIndex(all);
    }

    /// <summary>What tells a category from others here, the most exact that is known of it; null where nothing is, and such products are in no index.</summary>
    public static string? KeyOf(in Category category) => category.Id ?? category.Path;

    /// <summary>Products like one product, the nearest first; scores are shares of the nearest one's.</summary>
    /// <param name="productId">The product; never in the answer itself.</param>
    /// <param name="facts">What the shop says of it.</param>
    /// <param name="query">How many, and which not.</param>
    /// <returns>Empty where its category is not known.</returns>
    public IReadOnlyList<Recommendation> Similar(string productId, in ProductFacts facts, RecommendationQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (KeyOf(facts.Category) is not { } key || !_byCategory.TryGetValue(key, out Entry[]? entries))
        {
            return [];
        }

        float[] nearness = new float[entries.Length];
        int[] order = new int[entries.Length];
        float price = (float)LogOf(facts.Price);
        for (int i = 0; i < entries.Length; i++)
        {
            order[i] = i;
            float apart = Math.Abs(entries[i].LogPrice - price);
            bool isSameBrand =
                facts.Brand is { Length: > 0 } brand
                && brand.Equals(entries[i].Facts.Brand, StringComparison.OrdinalIgnoreCase);
            nearness[i] = (float)(
                -entries[i].Weight
                * (float.IsNaN(apart) ? UnknownPrice : Math.Exp(-apart))
                * (isSameBrand ? SameBrand : 1)
            );
        }

        Array.Sort(nearness, order);
        List<Recommendation> answer = new(Math.Min(query.Count, entries.Length));
        for (int i = 0; i < order.Length && answer.Count < query.Count; i++)
        {
            ref readonly Entry entry = ref entries[order[i]];
            if (entry.Id != productId && query.Takes(entry.Id, entry.Facts.Category))
            {
                answer.Add(new(entry.Id, nearness[i] / nearness[0], RecommendationSource.Content, productId));
            }
        }

        return answer;
    }

    private static Dictionary<string, Entry[]> ByCategory(
        IEnumerable<(string Id, ProductFacts Facts, double Popularity)> products
    )
    {
        Dictionary<string, List<Entry>> categories = new(StringComparer.Ordinal);
        foreach ((string id, ProductFacts facts, double popularity) in products)
        {
            if (KeyOf(facts.Category) is { } key)
            {
                ref List<Entry>? entries = ref CollectionsMarshal.GetValueRefOrAddDefault(categories, key, out _);
                (entries ??= []).Add(
                    new Entry(id, facts, (float)LogOf(facts.Price), (float)(1 + Math.Log(1 + popularity)))
                );
            }
        }

        return categories.ToDictionary(
            category => category.Key,
            category => Kept(category.Value),
            StringComparer.Ordinal
        );
    }

    /// <summary>In an order that does not depend on how they came, so that every host gives the same answer.</summary>
    private static Entry[] Kept(List<Entry> entries)
    {
        if (entries.Count <= MaxPopular + MaxCold)
        {
            // Sorted by their numbers: an entry is too large to be moved at each step.
            string[] ids = [.. entries.Select(entry => entry.Id)];
            int[] numbers = [.. Enumerable.Range(0, ids.Length)];
            Array.Sort(ids, numbers, StringComparer.Ordinal);
            return [.. numbers.Select(number => entries[number])];
        }

        Entry[] order =
        [
            .. entries.OrderByDescending(entry => entry.Weight).ThenBy(entry => entry.Id, StringComparer.Ordinal),
        ];
        return [.. order.Take(MaxPopular), .. order.Skip(MaxPopular).Where(entry => entry.Weight <= 1).Take(MaxCold)];
    }

    /// <summary>Not a number where the price is not known.</summary>
    private static double LogOf(decimal? price) => price is { } known ? Math.Log((double)known + 1) : double.NaN;

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(string Id, ProductFacts Facts, float LogPrice, float Weight);
}
