using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Fecom.Serving.KnowProducts;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class ContentNeighboursTests
{
    private const int Products = 400;
    private static readonly RecommendationQuery Twenty = new() { Count = 20 };

    private readonly ProductCatalogue _catalogue = new(Products, NullLogger<ProductCatalogue>.Instance);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changes_of_some_products_give_what_an_index_of_all_gives(int seed)
    {
        Random random = new(seed);
        ContentNeighbours content = new(_catalogue);
        CoVisitationIndex[] models = [Visits(random), Visits(random)];
        CoVisitationIndex? model = null;
        for (int round = 0; round < 60; round++)
        {
            for (int i = random.Next(8); i > 0; i--)
            {
                _catalogue.Add(Id(random.Next(Products)), Facts(random));
            }

            model = random.Next(10) == 0 ? models[random.Next(models.Length)] : model;
            content.Publish(model);

            ContentIndex all = ContentIndex.Of(
                _catalogue.Products.Select(known => (known.Id, known.Product.Facts, model?.PopularityOf(known.Id) ?? 0))
            );
            for (int category = 0; category < 12; category++)
            {
                ProductFacts asked = new(new Category(Id(category), null), "b1", 20);
                Assert.Equal(all.Similar("new", asked, Twenty), content.Similar("new", asked, Twenty));
            }
        }

        Assert.NotNull(model);
    }

    [Fact]
    public void A_product_that_moves_is_in_its_new_category_alone()
    {
        ContentNeighbours content = new(_catalogue);
        _catalogue.Add("1", new ProductFacts(new Category("old", null), null, 5));
        content.Publish(null);
        Assert.Single(Like("old"));

        _catalogue.Add("1", new ProductFacts(new Category("new", null), null, 5));
        content.Publish(null);

        Assert.Empty(Like("old"));
        Assert.Equal("1", Assert.Single(Like("new")).ProductId);

        IReadOnlyList<Recommendation> Like(string category) =>
            content.Similar("2", new ProductFacts(new Category(category, null), null, 5), Twenty);
    }

    private static string Id(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Of few categories, so that products change theirs, and of few prices, so that some say what they said.</summary>
    private static ProductFacts Facts(Random random) =>
        new(
            random.Next(8) == 0 ? default : new Category(Id(random.Next(12)), null),
            random.Next(3) == 0 ? null : $"b{random.Next(3)}",
            random.Next(4) == 0 ? null : random.Next(1, 40)
        );

    private static CoVisitationIndex Visits(Random random)
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions(), DateTime.UnixEpoch);
        for (int session = 0; session < 300; session++)
        {
            SessionVisit[] visits =
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(_ => new SessionVisit(
                        builder.Products.Number(Id(random.Next(Products))),
                        BehaviorEventType.View
                    )),
            ];
            builder.AddSession(visits, DateTime.UnixEpoch);
        }

        return builder.Build();
    }
}
