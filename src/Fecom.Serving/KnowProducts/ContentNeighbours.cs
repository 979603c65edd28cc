using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.KnowProducts;

/// <summary>What is like a product, by the catalogue as of a moment ago.</summary>
internal sealed class ContentNeighbours(ProductCatalogue catalogue)
{
    private volatile ContentIndex _index = ContentIndex.Empty;
    private CoVisitationIndex? _coVisits;

    /// <summary>Categories that have changed and are not indexed since.</summary>
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    /// <summary>See <see cref="ContentIndex.Similar"/>.</summary>
    public IReadOnlyList<Recommendation> Similar(string productId, in ProductFacts facts, RecommendationQuery query) =>
        _index.Similar(productId, facts, query);

    /// <summary>
    /// Indexes those categories anew of which a product has changed since the last time, or all of them when another model serves: of a large
    /// catalogue few have changed in a few seconds, and an index of all would give the garbage collector all of it to move.
    /// </summary>
    /// <param name="coVisits">Says how often products were visited; null where no model serves.</param>
    public void Publish(CoVisitationIndex? coVisits)
    {
        catalogue.TakeChanged(_changed);
        if (coVisits != _coVisits)
        {
            _index = ContentIndex.Of(catalogue.Products.Select(Visited));
            _coVisits = coVisits;
        }
        else if (_changed.Count > 0)
        {
            _index = _index.With(_changed, catalogue.Products.Where(HasChanged).Select(Visited));
        }

        _changed.Clear();

        bool HasChanged((string Id, DescribedProduct Product) product) =>
            ContentIndex.KeyOf(product.Product.Facts.Category) is { } category && _changed.Contains(category);

        (string, ProductFacts, double) Visited((string Id, DescribedProduct Product) product) =>
            (product.Id, product.Product.Facts, coVisits?.PopularityOf(product.Id) ?? 0);
    }
}
