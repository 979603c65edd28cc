using System.Runtime.InteropServices;

namespace Fecom.Learning.Merchandising;

/// <summary>What products of one answer have in common, as numbers: each is compared with many others, and numbers compare sooner than texts. -1 where it is not known, or where no rule asks for it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Traits(int Category, int FirstLevel, int Brand);

/// <summary>Numbers categories, their first levels and brands by the order in which they come in an answer.</summary>
internal sealed class ProductTraits(MerchandisingRules set)
{
    private readonly bool _needsCategories = set.Diversity > 0 || set.MaxPerCategory is not null;
    private readonly bool _needsBrands = set.Diversity > 0 || set.MaxPerBrand is not null;
    private readonly Dictionary<TraitText, int> _categories = new(TraitTextComparer.Exact);
    private readonly Dictionary<TraitText, int> _levelOfPath = new(TraitTextComparer.Exact);
    private readonly Dictionary<TraitText, int> _levels = new(TraitTextComparer.Exact);
    private readonly Dictionary<TraitText, int> _brands = new(TraitTextComparer.InAnyCase);

    /// <summary>Begins another answer.</summary>
    public void Clear()
    {
        _categories.Clear();
        _levelOfPath.Clear();
        _levels.Clear();
        _brands.Clear();
    }

    /// <summary>The numbers of a product's traits.</summary>
    public Traits Of(DescribedProduct product) =>
        new(
            _needsCategories ? NumberOf(_categories, product.Category) : -1,
            _needsCategories ? LevelOf(product.Path) : -1,
            _needsBrands ? NumberOf(_brands, product.Brand) : -1
        );

    private int LevelOf(in TraitText path)
    {
        if (path.Text is not { Length: > 0 } text)
        {
            return -1;
        }

        ref int level = ref CollectionsMarshal.GetValueRefOrAddDefault(_levelOfPath, path, out bool isKnown);
        if (!isKnown)
        {
            int end = text.IndexOf('.', StringComparison.Ordinal);
            string first = end < 0 ? text : text[..end];
            level = end == 0 ? -1 : NumberOf(_levels, TraitText.Of(first, StringComparison.Ordinal));
        }

        return level;
    }

    private static int NumberOf(Dictionary<TraitText, int> numbers, in TraitText key)
    {
        if (key.Text is null)
        {
            return -1;
        }

        int next = numbers.Count;
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, key, out bool isKnown);
        return isKnown ? number : number = next;
    }
}
