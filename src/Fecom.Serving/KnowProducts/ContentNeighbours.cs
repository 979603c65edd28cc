using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.KnowProducts;

/// <summary>What is like a product, by the catalogue as of a moment ago.</summary>
internal sealed class ContentNeighbours(ProductCatalogue catalogue)
{
    private volatile ContentIndex _index = ContentIndex.Empty;
    private int _built = -1;
    private CoVisitationIndex? _coVisits;

    /// <summary>See <see cref="ContentIndex.Similar"/>.</summary>
    public IReadOnlyList<Recommendation> Similar(string productId, in ProductFacts facts, RecommendationQuery query) =>
        _index.Similar(productId, facts, query);

    /// <summary>Indexes the catalogue anew where it has changed since the last time, or another model serves.</summary>
    /// <param name="coVisits">Says how often products were visited; null where no model serves.</param>
    public void Publish(CoVisitationIndex? coVisits)
    {
        int changes = catalogue.Changes;
        if (changes != _built || coVisits != _coVisits)
        {
            (_built, _coVisits) = (changes, coVisits);
            _index = ContentIndex.Of(
                catalogue.Products.Select(product =>
                    (product.Id, product.Product.Facts, coVisits?.PopularityOf(product.Id) ?? 0)
                )
            );
        }
    }
}
