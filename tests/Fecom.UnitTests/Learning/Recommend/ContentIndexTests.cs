using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Metrics;
using Fecom.Learning.Recommend;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

public sealed class ContentIndexTests
{
    private static readonly Category Phones = new("1", "electronics.smartphone");
    private static readonly RecommendationQuery Ten = new() { Count = 10 };

    [Fact]
    public void A_product_that_nobody_knows_gets_those_of_its_category_near_in_price_and_of_its_brand()
    {
        ContentIndex index = ContentIndex.Of([
            ("dear", new ProductFacts(Phones, "one", 799), 0),
            ("same", new ProductFacts(Phones, "two", 99), 0),
            ("brand", new ProductFacts(Phones, "ONE", 99), 0),
            ("unpriced", new ProductFacts(Phones, null, null), 0),
            ("shoe", new ProductFacts(new Category("2", "apparel.shoes"), "one", 99), 9),
            ("nowhere", new ProductFacts(default, "one", 99), 9),
        ]);

        IReadOnlyList<Recommendation> like = index.Similar("new", new ProductFacts(Phones, "one", 99), Ten);

        // Weights are 1: 1.5 for the brand, 1 for the price, 0.5 for an unknown one, 1.5 / 8 for eight times the price.
        Assert.Equal(["brand", "same", "unpriced", "dear"], like.Select(product => product.ProductId));
        Assert.Equal(
            [1, 1 / 1.5, 0.5 / 1.5, 1 / 8.0],
            like.Select(product => product.Score),
            (a, b) => Math.Abs(a - b) < 1e-6
        );
        Assert.All(
            like,
            product => Assert.Equal((RecommendationSource.Content, "new"), (product.Source, product.Because))
        );
    }

    [Fact]
    public void Popularity_counts_by_its_logarithm_and_what_is_excluded_does_not_come()
    {
        ContentIndex index = ContentIndex.Of([
            ("asked", new ProductFacts(Phones, null, 10), 5),
            ("popular", new ProductFacts(Phones, null, 10), Math.E - 1),
            ("cold", new ProductFacts(Phones, null, 10), 0),
            ("excluded", new ProductFacts(Phones, null, 10), 100),
        ]);

        IReadOnlyList<Recommendation> like = index.Similar(
            "asked",
            new ProductFacts(Phones, null, 10),
            Ten with
            {
                Exclude = new HashSet<string> { "excluded" },
            }
        );

        Assert.Equal(["popular", "cold"], like.Select(product => product.ProductId));
        Assert.Equal(2, like[0].Score / like[1].Score, 1e-6);
        Assert.Empty(index.Similar("asked", default, Ten));
    }

    [Fact]
    public void A_large_category_keeps_its_popular_products_and_some_that_nobody_visited()
    {
        ContentIndex index = ContentIndex.Of(
            Enumerable
                .Range(0, 5_000)
                .Select(i => ($"p{i}", new ProductFacts(Phones, null, 10), (double)Math.Max(0, 3_000 - i)))
        );

        string[] like =
        [
            .. index
                .Similar("p0", new ProductFacts(Phones, null, 10), new() { Count = 5_000 })
                .Select(product => product.ProductId),
        ];

        Assert.Equal(
            Enumerable.Range(1, ContentIndex.MaxPopular - 1).Select(i => $"p{i}"),
            like[..(ContentIndex.MaxPopular - 1)]
        );
        Assert.Equal(
            ContentIndex.MaxCold,
            like.Count(id => int.Parse(id.AsSpan(1), CultureInfo.InvariantCulture) >= 3_000)
        );
    }

    /// <summary>Who buys once and two things at most leaves no neighbours: what else an order held is found by category and content.</summary>
    [Fact]
    public void On_the_Fecom_tables_category_and_content_beat_plain_popularity()
    {
        Dictionary<string, string> categories = Rows("fecom/Fecom Inc Products.csv")
            .ToDictionary(row => row[0], row => row[1]);
        Line[] lines = [.. Rows("fecom/Fecom Inc Order Items.csv").Select(row => Line.Of(row, categories))];
        Line[][] orders =
        [
            .. lines
                .GroupBy(line => line.Order)
                .OrderBy(order => order.Min(line => line.Time))
                .Select(order => order.ToArray()),
        ];
        int learned = orders.Length * 4 / 5;
        CoVisitationBuilder builder = new(new CoVisitationOptions(), DateTime.UnixEpoch);
        Dictionary<string, ProductFacts> facts = [];
        foreach (Line[] order in orders[..learned])
        {
            foreach (Line line in order)
            {
                builder.Products.Describe(builder.Products.Number(line.Product), line.Facts.Category);
                facts[line.Product] = line.Facts;
            }

            builder.AddSession(
                [
                    .. order.Select(line => new SessionVisit(
                        builder.Products.Number(line.Product),
                        BehaviorEventType.View
                    )),
                ],
                DateTime.UnixEpoch
            );
        }

        CoVisitationIndex index = builder.Build();
        ContentIndex content = ContentIndex.Of(
            facts.Select(known => (known.Key, known.Value, index.PopularityOf(known.Key)))
        );
        List<int> byPopularity = [];
        List<int> byCategory = [];
        List<int> byContent = [];
        RecommendationQuery twenty = new() { Count = 20 };
        foreach (Line[] order in orders[learned..])
        {
            Line[] different = [.. order.DistinctBy(line => line.Product)];
            for (int i = 1; i < different.Length; i++)
            {
                Line asked = different[i - 1];
                byPopularity.Add(PlaceOf(different[i], index.Recommend([], twenty)));
                byCategory.Add(PlaceOf(different[i], index.SameCategory(asked.Product, asked.Facts.Category, twenty)));
                byContent.Add(PlaceOf(different[i], content.Similar(asked.Product, asked.Facts, twenty)));
            }
        }

        (double popularity, double category, double near) = (
            HitRate.At([.. byPopularity], 20),
            HitRate.At([.. byCategory], 20),
            HitRate.At([.. byContent], 20)
        );
        TestContext.Current.TestOutputHelper!.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"HR@20 of {byContent.Count} second products: popularity {popularity:0.0000}, category {category:0.0000}, content {near:0.0000}"
            )
        );
        Assert.InRange(category, popularity * 2, 1);
        Assert.InRange(near, category * 1.2, 1);
    }

    private static int PlaceOf(Line sought, IReadOnlyList<Recommendation> answer) =>
        1 + answer.Select(product => product.ProductId).ToList().IndexOf(sought.Product);

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(Repository.RealFileOrSkip(file)).Skip(1).Select(line => line.Split(';'));

    private sealed record Line(string Order, string Time, string Product, ProductFacts Facts)
    {
        public static Line Of(string[] row, Dictionary<string, string> categories) =>
            new(
                row[0],
                row[4],
                row[2],
                new ProductFacts(
                    new Category(null, categories.GetValueOrDefault(row[2])),
                    Brand: null,
                    decimal.Parse(row[5], CultureInfo.InvariantCulture)
                )
            );
    }
}
