namespace Fecom.Learning.Merchandising;

/// <summary>How many of each category and brand an answer has, and whether there may be more.</summary>
internal sealed class TraitCaps(MerchandisingRules set)
{
    private readonly List<int> _categories = [];
    private readonly List<int> _brands = [];

    /// <summary>Begins another answer.</summary>
    public void Clear()
    {
        _categories.Clear();
        _brands.Clear();
    }

    public bool Leave(in Traits traits) =>
        IsBelow(_categories, traits.Category, set.MaxPerCategory) && IsBelow(_brands, traits.Brand, set.MaxPerBrand);

    public void Count(in Traits traits)
    {
        Add(_categories, traits.Category);
        Add(_brands, traits.Brand);
    }

    private static bool IsBelow(List<int> counts, int number, int? max) =>
        max is null || number < 0 || number >= counts.Count || counts[number] < max;

    private static void Add(List<int> counts, int number)
    {
        if (number >= 0)
        {
            while (counts.Count <= number)
            {
                counts.Add(0);
            }

            counts[number]++;
        }
    }
}
