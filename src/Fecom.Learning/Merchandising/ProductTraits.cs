using System.Runtime.InteropServices;

namespace Fecom.Learning.Merchandising;

/// <summary>What products of one answer have in common, as numbers: each is compared with many others, and numbers compare sooner than texts. -1 where it is not known, or where no rule asks for it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Traits(int Category, int FirstLevel, int Brand);

/// <summary>Numbers categories, their first levels and brands by the order in which they come. For one answer.</summary>
internal sealed class ProductTraits(MerchandisingRules set)
{
    private readonly bool _needsCategories = set.Diversity > 0 || set.MaxPerCategory is not null;
    private readonly bool _needsBrands = set.Diversity > 0 || set.MaxPerBrand is not null;
    private readonly Dictionary<string, int> _categories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _levelOfPath = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _levels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _brands = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The numbers of a product's traits.</summary>
    public Traits Of(in ProductFacts facts) =>
        new(
            _needsCategories ? NumberOf(_categories, facts.Category.Id ?? facts.Category.Path) : -1,
            _needsCategories ? LevelOf(facts.Category.Path) : -1,
            _needsBrands ? NumberOf(_brands, facts.Brand) : -1
        );

    private int LevelOf(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return -1;
        }

        ref int level = ref CollectionsMarshal.GetValueRefOrAddDefault(_levelOfPath, path, out bool isKnown);
        if (!isKnown)
        {
            int end = path.IndexOf('.', StringComparison.Ordinal);
            level = end == 0 ? -1 : NumberOf(_levels, end < 0 ? path : path[..end]);
        }

        return level;
    }

    private static int NumberOf(Dictionary<string, int> numbers, string? key)
    {
        if (key is null)
        {
            return -1;
        }

        int next = numbers.Count;
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, key, out bool isKnown);
        return isKnown ? number : number = next;
    }
}
