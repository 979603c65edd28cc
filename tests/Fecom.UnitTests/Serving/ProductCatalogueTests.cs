using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Fecom.Serving.KnowProducts;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class ProductCatalogueTests
{
    [Fact]
    public void Add_OfProductsOfOneCategoryAndBrand_KeepsTheirTextsOnce()
    {
        ProductCatalogue catalogue = new(capacity: 10, NullLogger<ProductCatalogue>.Instance);

        catalogue.Add("a", Phone(10));
        catalogue.Add("b", Phone(20));
        catalogue.Add("b", Phone(30));

        Assert.Equal(Phone(10), catalogue.Find("a")!.Facts);
        Assert.Equal(Phone(30), catalogue.Find("b")!.Facts);
        Assert.Same(catalogue.Find("a")!.Facts.Brand, catalogue.Find("b")!.Facts.Brand);
        Assert.Same(catalogue.Find("a")!.Facts.Category.Path, catalogue.Find("b")!.Facts.Category.Path);
    }

    [Fact]
    public void Add_OfMoreTextsThanFit_KnowsThemAllTheSame()
    {
        ProductCatalogue catalogue = new(capacity: 1, NullLogger<ProductCatalogue>.Instance);
        for (int change = 0; change < 5; change++)
        {
            ProductFacts stated = new(new Category($"{change}", $"a.{change}"), $"brand {change}", change);

            catalogue.Add("a", stated);

            Assert.Equal(stated, catalogue.Find("a")!.Facts);
        }
    }

    [Fact]
    public void Find_OfIdsThatAreNearlyTheSameNumber_KnowsThemApart()
    {
        string[] ids =
        [
            "0",
            "00",
            "7",
            "07",
            "007",
            "-7",
            "7.0",
            " 7",
            "٧",
            "9999999999999999999",
            "18446744073709551616",
            "18446744073709551623",
            "a7",
        ];
        ProductCatalogue catalogue = new(ids.Length, NullLogger<ProductCatalogue>.Instance);
        for (int i = 0; i < ids.Length; i++)
        {
            catalogue.Add(Own(ids[i]), Phone(i));
        }

        Assert.Equal(Enumerable.Range(0, ids.Length), ids.Select(id => (int)catalogue.Find(id)!.Facts.Price!));
        Assert.Equal(ids.Order(), catalogue.Products.Select(product => product.Id).Order());
        Assert.Null(catalogue.Find("70"));
        Assert.Null(catalogue.Find(""));
    }

    /// <summary>Texts of their own, as each event brings them.</summary>
    private static ProductFacts Phone(decimal price) =>
        new(new Category(Own("1"), Own("electronics.phone")), Own("Acme"), price);

    private static string Own(string text) => new(text.AsSpan());
}
