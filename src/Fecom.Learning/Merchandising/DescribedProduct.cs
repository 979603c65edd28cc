using System.Runtime.InteropServices;

namespace Fecom.Learning.Merchandising;

/// <summary>A product's facts with the hashes of their texts, so that an answer, which compares a hundred products, hashes none of them. Never changes.</summary>
public sealed class DescribedProduct
{
    private readonly int _categoryHash;
    private readonly int _pathHash;
    private readonly int _brandHash;

    /// <summary>Takes the facts.</summary>
    public DescribedProduct(in ProductFacts facts)
    {
        Facts = facts;
        _categoryHash = TraitText.Of(ExactCategory, StringComparison.Ordinal).Hash;
        _pathHash = TraitText.Of(facts.Category.Path, StringComparison.Ordinal).Hash;
        _brandHash = TraitText.Of(facts.Brand, StringComparison.OrdinalIgnoreCase).Hash;
    }

    /// <summary>A product that nothing is known of.</summary>
    public static DescribedProduct Unknown { get; } = new(default);

    /// <summary>What is known.</summary>
    public ProductFacts Facts { get; }

    /// <summary>The most exact that is known of its category.</summary>
    internal TraitText Category => new(ExactCategory, _categoryHash);

    /// <summary>The category's path.</summary>
    internal TraitText Path => new(Facts.Category.Path, _pathHash);

    /// <summary>The brand, in any case.</summary>
    internal TraitText Brand => new(Facts.Brand, _brandHash);

    private string? ExactCategory => Facts.Category.Id ?? Facts.Category.Path;
}

/// <summary>A text with its hash.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TraitText(string? Text, int Hash)
{
    public static TraitText Of(string? text, StringComparison comparison) =>
        new(text, text?.GetHashCode(comparison) ?? 0);
}

/// <summary>Compares texts by the hashes that they have.</summary>
internal sealed class TraitTextComparer(StringComparison comparison) : IEqualityComparer<TraitText>
{
    public static TraitTextComparer Exact { get; } = new(StringComparison.Ordinal);

    public static TraitTextComparer InAnyCase { get; } = new(StringComparison.OrdinalIgnoreCase);

    public bool Equals(TraitText x, TraitText y) => x.Hash == y.Hash && string.Equals(x.Text, y.Text, comparison);

    public int GetHashCode(TraitText obj) => obj.Hash;
}
