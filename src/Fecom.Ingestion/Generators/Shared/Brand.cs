namespace Fecom.Ingestion.Generators.Shared;

/// <summary>A made-up brand.</summary>
/// <param name="Name">Lower-case letters, as shops write brands in their exports.</param>
/// <param name="Appeal">How much more readily it is bought.</param>
/// <param name="Premium">How much the logarithm of its prices lies above its category's.</param>
internal sealed record Brand(string Name, double Appeal, double Premium)
{
    private const int BrandsACategory = 12;

    private static readonly string[] Heads =
    [
        "al",
        "be",
        "cor",
        "da",
        "el",
        "fi",
        "gra",
        "hal",
        "in",
        "jo",
        "ka",
        "lu",
        "mo",
        "nor",
        "or",
        "pra",
        "qui",
        "ra",
        "sol",
        "ta",
        "ur",
        "ve",
        "wi",
        "ze",
    ];
    private static readonly string[] Tails =
    [
        "ba",
        "co",
        "dex",
        "fa",
        "gen",
        "ko",
        "lia",
        "mar",
        "na",
        "nex",
        "pa",
        "ra",
        "ro",
        "sa",
        "ta",
        "tek",
        "va",
        "vox",
        "xa",
        "zo",
    ];

    /// <summary>A category's brands. Names may come again in other categories, as real brands do.</summary>
    public static IReadOnlyList<Brand> Some(ref Dice dice)
    {
        SortedDictionary<string, Brand> brands = new(StringComparer.Ordinal);
        while (brands.Count < BrandsACategory)
        {
            string name = Heads[dice.Below(Heads.Length)] + Tails[dice.Below(Tails.Length)];
            double appeal = 0.5 * dice.Normal();
            brands.TryAdd(name, new Brand(name, appeal, (0.25 * appeal) + (0.15 * dice.Normal())));
        }

        return [.. brands.Values];
    }
}
