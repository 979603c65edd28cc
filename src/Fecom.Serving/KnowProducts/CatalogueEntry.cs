using Fecom.Learning.Merchandising;

namespace Fecom.Serving.KnowProducts;

/// <summary>Where the catalogue describes one product.</summary>
internal sealed class CatalogueEntry(DescribedProduct described)
{
    private volatile DescribedProduct _described = described;

    /// <summary>What is known of it now.</summary>
    public DescribedProduct Described
    {
        get => _described;
        set => _described = value;
    }
}
