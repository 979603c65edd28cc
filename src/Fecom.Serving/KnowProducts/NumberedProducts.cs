using System.Runtime.CompilerServices;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.KnowProducts;

/// <summary>
/// The catalogue's products by their numbers in a recommender. An answer describes a hundred candidates: each by its text took a third of
/// what the rules cost, spent waiting for memory.
/// </summary>
internal sealed class NumberedProducts(ProductCatalogue catalogue)
{
    private readonly ConditionalWeakTable<Recommender, CatalogueEntry?[]> _numbered = [];

    /// <summary>The entries of a recommender's products, by number from 1; those that nobody asked for yet, or that are not known, are null.</summary>
    public CatalogueEntry?[] Of(Recommender recommender) =>
        _numbered.GetValue(recommender, static numbering => new CatalogueEntry?[numbering.Products + 1]);

    /// <summary>What is known of a product; null when nothing is.</summary>
    /// <param name="product">The product.</param>
    /// <param name="numbered">What <see cref="Of"/> gave for the recommender that named it; null where there is none.</param>
    public DescribedProduct? Find(in Recommendation product, CatalogueEntry?[]? numbered)
    {
        if (numbered is null || product.Number == 0)
        {
            return catalogue.Find(product.ProductId);
        }

        // Two that write at once write the same.
        ref CatalogueEntry? entry = ref numbered[product.Number];
        entry ??= catalogue.Entry(product.ProductId);
        return entry?.Described;
    }
}
