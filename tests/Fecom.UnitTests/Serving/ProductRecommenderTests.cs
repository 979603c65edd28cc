using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Merchandising;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Serving.FollowTrending;
using Fecom.Serving.KnowProducts;
using Fecom.Serving.LoadModels;
using Fecom.Serving.RecommendProducts;
using Fecom.Serving.SetRules;
using Fecom.UnitTests.Learning;
using Fecom.UnitTests.Learning.Recommend;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>
/// The index knows a→b (three sessions), a→c (one) and x, y, which nobody visits with another; y is visited most. a, b and x are
/// phones, c and y shoes. Trending knows t1, t2 and, as its best, b.
/// </summary>
public sealed class ProductRecommenderTests
{
    private static readonly Category Phones = new("1", "electronics.smartphone");
    private static readonly Category Shoes = new("2", "apparel.shoes");

    private readonly ModelSlot<Recommender> _slot = new(Recommender.Kind, Recommender.Load);
    private readonly TrendingFeed _trending = new(() =>
        new TrendingIndex(TimeSpan.FromHours(6), 1_000, new CoVisitationOptions())
    );

    private readonly ProductCatalogue _catalogue = new(1_000, NullLogger<ProductCatalogue>.Instance);
    private readonly RulesInForce _rules = new();

    [Fact]
    public void ForSession_WhenTooFewAreVisitedTogether_FillsWithTheCategoryThenTrendingThenPopularity()
    {
        RecommendationAnswer answer = WithModel().ForSession(Session("a"), Filter(10));

        Assert.Equal(
            ["b co_visitation", "c co_visitation", "x category", "t1 trending", "t2 trending", "y popularity"],
            answer.Items.Select(item => $"{item.ProductId} {item.Source}")
        );
        Assert.Equal("visited together with a", answer.Items[0].Reason);
        Assert.Equal("visited most in the category of a", answer.Items[2].Reason);
        Assert.Null(answer.Fallback);
        Assert.Equal(("recommender", 7), (answer.Model.Name, answer.Model.Version));
    }

    [Fact]
    public void ForSession_WhenTheModelHasARanker_AnswersByIt_AndNamesCoVisitationWhereThatHasNothing()
    {
        Serve(RankedShop.Recommender);
        ProductRecommender recommender = WithoutModel();

        RecommendationAnswer ranked = recommender.ForSession(Session("p30"), Filter(5));
        RecommendationAnswer together = recommender.ForSession(Session("old1"), Filter(1));

        Assert.Equal(5, ranked.Items.Count);
        Assert.All(ranked.Items, item => Assert.Equal("next_item", item.Source));
        Assert.All(ranked.Items, item => Assert.Equal("comes next after p30 in sessions like this", item.Reason));
        Assert.DoesNotContain("p30", Ids(ranked));
        Assert.Null(ranked.Fallback);
        Assert.Equal(("old2", "co_visitation"), (together.Items[0].ProductId, together.Fallback));
        Assert.Equal("co_visitation", recommender.Similar("p30", Filter(1)).Items[0].Source);
    }

    [Fact]
    public void ForSession_WhenThereAreEnough_TakesNoOthers() =>
        Assert.Equal(["b", "c"], Ids(WithModel().ForSession(Session("a"), Filter(2))));

    [Fact]
    public void ForSession_WhenProductsWereSeen_LeavesThemOutUnlessAsked()
    {
        Visitor seen = new(
            VisitorSession.Empty.With("b", BehaviorEventType.View).With("a", BehaviorEventType.View),
            []
        );

        Assert.DoesNotContain("b", Ids(WithModel().ForSession(seen, Filter(10))));
        Assert.Contains("b", Ids(WithModel().ForSession(seen, Filter(10) with { ExcludeSeen = false })));
    }

    [Fact]
    public void ForSession_WhenProductsAreExcluded_LeavesThemOutOfEverySource() =>
        Assert.Equal(["c", "x", "t2"], Ids(WithModel().ForSession(Session("a"), Filter(10, null, "b", "t1", "y"))));

    [Theory]
    [InlineData("apparel", "c", "t2", "y")]
    [InlineData("apparel.shoes", "c", "t2", "y")]
    [InlineData("2", "c", "t2", "y")]
    [InlineData("electronics", "b", "x", "t1")]
    public void ForSession_WhenACategoryIsAskedFor_TakesOnlyItsProducts(string category, params string[] expected) =>
        Assert.Equal(expected, Ids(WithModel().ForSession(Session("a"), Filter(10, category))));

    [Theory]
    [InlineData("toys")]
    [InlineData("appar")]
    public void ForSession_WhenTheCategoryHasNoProducts_IsEmptyAndSaysSo(string category)
    {
        RecommendationAnswer answer = WithModel().ForSession(Session("a"), Filter(10, category));

        Assert.Empty(answer.Items);
        Assert.Equal("none", answer.Fallback);
    }

    [Fact]
    public void ForSession_WhenNothingIsKnownOfIt_NamesTheFallback()
    {
        RecommendationAnswer answer = WithModel().ForSession(Visitor.Unknown, Filter(2));

        Assert.Equal(["b", "t1"], Ids(answer));
        Assert.Equal("trending", answer.Fallback);
    }

    [Fact]
    public void ForSession_WhenNoModelServes_TrendingAnswersAndSaysSo()
    {
        RecommendationAnswer answer = WithoutModel().ForSession(Session("a"), Filter(10));

        Assert.Equal(["b", "t1", "t2"], Ids(answer));
        Assert.Equal("trending", answer.Fallback);
        Assert.Equal(("trending", null), (answer.Model.Name, answer.Model.Version));
    }

    [Fact]
    public void Similar_NeverHoldsTheProductItself()
    {
        RecommendationAnswer answer = WithModel().Similar("a", Filter(100));

        Assert.Equal("b", answer.Items[0].ProductId);
        Assert.DoesNotContain("a", Ids(answer));
        Assert.Equal(answer.Items.Count, Ids(answer).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Similar_WhenNobodyVisitsItWithAnother_IsItsCategoryBeforeWhatIsTrending()
    {
        RecommendationAnswer answer = WithModel().Similar("x", Filter(4));

        Assert.Equal(
            ["a category", "b category", "t1 trending", "t2 trending"],
            answer.Items.Select(item => $"{item.ProductId} {item.Source}")
        );
        Assert.Equal("category", answer.Fallback);
    }

    [Fact]
    public void Similar_WhenTheRecommenderDoesNotKnowTheProduct_GoesByWhatTheCallerKnowsOfIt()
    {
        ProductRecommender recommender = WithModel();

        Assert.False(recommender.Knows("new shoe"));
        Assert.Equal(["y", "c", "b"], Ids(recommender.Similar("new shoe", Filter(3), Shoes)));
        Assert.Equal(["y", "c", "b"], Ids(recommender.ForSession(Session("new shoe"), Filter(3), Shoes)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("x")]
    [InlineData("never seen")]
    public void Scores_NeverRiseWithinAnAnswer(string product)
    {
        ProductRecommender recommender = WithModel();
        foreach (
            RecommendationAnswer answer in new[]
            {
                recommender.Similar(product, Filter(10)),
                recommender.ForSession(Session(product, BehaviorEventType.Cart), Filter(10)),
                recommender.Trending(Filter(10)),
            }
        )
        {
            Assert.Equal(
                answer.Items.Select(item => item.Score).OrderDescending(),
                answer.Items.Select(item => item.Score)
            );
            Assert.All(answer.Items, item => Assert.True(item.Score > 0));
        }
    }

    /// <summary>The README's first call sends one event of today into data that are older.</summary>
    [Fact]
    public void Trending_WhenOnlyOneVisitIsOfToday_IsThatAndThenWhatIsPopular()
    {
        ProductRecommender recommender = WithModel();
        Visit("today", Phones, BehaviorEventType.View, Events.Start.AddYears(1));
        _trending.Publish();

        RecommendationAnswer answer = recommender.Trending(Filter(3));

        Assert.Equal(
            ["today trending", "y popularity", "a popularity"],
            answer.Items.Select(item => $"{item.ProductId} {item.Source}")
        );
        Assert.Equal("visited most of all", answer.Items[1].Reason);
    }

    /// <summary>The sample's visits are years newer than the shop's: before they leave nothing else is trending, and then they fade nothing.</summary>
    [Fact]
    public void Trending_OnceTheShopHasEnoughEventsOfItsOwn_IsMadeOfThese()
    {
        ProductVisit sample = new(
            "sample",
            null,
            null,
            BehaviorEventType.View,
            Events.Start.AddYears(6),
            IsSample: true
        );
        ProductVisit own = new("own", null, null, BehaviorEventType.View, Events.Start);
        _trending.Add(sample, Phones);
        _trending.Add(own, Phones, events: 998);
        _trending.Add(own with { ProductId = "other" }, Phones, weight: 0.5);
        Assert.Equal(["sample"], Trending());

        _trending.Add(own, Phones);
        _trending.Add(sample, Phones);
        Assert.Equal(["own", "other"], Trending());
    }

    [Fact]
    public void Trending_WhenPopularProductsFillUp_NamesTheModelThatKnowsThem()
    {
        Assert.Equal("trending", WithModel().Trending(Filter(3)).Model.Name);
        Assert.Equal(
            ("recommender", 7),
            (WithModel().Trending(Filter(5)).Model.Name, WithModel().Trending(Filter(5)).Model.Version)
        );
    }

    [Fact]
    public void Similar_WhenTheProductIsUnknown_NamesTheFallback() =>
        Assert.Equal("trending", WithModel().Similar("never seen", Filter(3)).Fallback);

    [Fact]
    public void Trending_IsNoFallbackWhenItIsWhatWasAskedFor()
    {
        RecommendationAnswer answer = WithModel().Trending(Filter(3));

        Assert.Equal(["b", "t1", "t2"], Ids(answer));
        Assert.Null(answer.Fallback);
        Assert.Equal("trending", answer.Model.Name);
    }

    [Fact]
    public void Trending_WhenEventsAreCountedAtOnce_EqualsThemOneByOne()
    {
        TrendingIndex once = new(TimeSpan.FromHours(6), 100, new CoVisitationOptions());
        TrendingIndex oneByOne = new(TimeSpan.FromHours(6), 100, new CoVisitationOptions());
        once.Add("p", Phones, BehaviorEventType.Cart, Events.Start, 3);
        once.Add("q", Phones, BehaviorEventType.View, Events.Start);
        for (int i = 0; i < 3; i++)
        {
            oneByOne.Add("p", Phones, BehaviorEventType.Cart, Events.Start);
        }

        oneByOne.Add("q", Phones, BehaviorEventType.View, Events.Start);
        once.Publish();
        oneByOne.Publish();

        Assert.Equal(
            oneByOne.Top(new RecommendationQuery { Count = 5 }),
            once.Top(new RecommendationQuery { Count = 5 })
        );
    }

    [Fact]
    public void ForSession_WhenProductsAreOutOfStock_LeavesThemOutAndSaysSo()
    {
        _rules.Current = new RulesSnapshot(MerchandisingRules.None, new HashSet<string> { "b", "t1" });

        RecommendationAnswer answer = WithModel().ForSession(Session("a"), Filter(10) with { Explain = true });

        Assert.Equal(["c", "x", "t2", "y"], Ids(answer));
        Assert.Equal(
            ["b out_of_stock", "t1 out_of_stock"],
            answer.LeftOut!.Select(left => $"{left.ProductId} {left.Rule}").Order()
        );
    }

    [Fact]
    public void ForSession_WhenRulesBuryAndPin_ExplainsWhatTheyDid()
    {
        Follow(
            new()
            {
                Name = "no phones now",
                Action = RuleAction.Bury,
                Categories = ["electronics"],
                Factor = 0.01,
            },
            new()
            {
                Name = "of the day",
                Action = RuleAction.Pin,
                Products = ["new"],
            }
        );

        RecommendationAnswer answer = WithModel().ForSession(Session("a"), Filter(10) with { Explain = true });

        Assert.Equal("new", answer.Items[0].ProductId);
        Assert.Equal(("rule", "pinned by the rule 'of the day'"), (answer.Items[0].Source, answer.Items[0].Reason));
        Assert.Equal("c", answer.Items[1].ProductId);
        RecommendedProduct buried = answer.Items.Single(item => item.ProductId == "b");
        Assert.Equal(1, buried.Explanation!.Rank);
        Assert.Equal(
            ("no phones now", "bury", 0.01),
            (buried.Explanation.Rules[0].Name, buried.Explanation.Rules[0].Action, buried.Explanation.Rules[0].Factor)
        );
        Assert.Equal(7, answer.RulesVersion);
        Assert.Null(answer.Fallback);
    }

    [Fact]
    public void ForSession_WhenCapsLeaveTooFewOfTheFirstCandidates_LooksFurther()
    {
        _rules.Current = new RulesSnapshot(new MerchandisingRules { MaxPerCategory = 1 }, _rules.Current.OutOfStock);
        ProductRecommender recommender = WithModel();
        for (int i = 0; i < 200; i++)
        {
            Visit($"phone{i}", Phones, BehaviorEventType.Cart, Events.Start);
            _catalogue.Add($"phone{i}", new ProductFacts(Phones, null, null));
        }

        _trending.Publish();

        Assert.Equal(["b", "c", "t1", "t2"], Ids(recommender.ForSession(Session("a"), Filter(10))));
    }

    [Fact]
    public void ForSession_WhenBoughtProductsMayNotCome_LeavesOutThoseOfFormerVisitsToo()
    {
        _rules.Current = new RulesSnapshot(
            new MerchandisingRules { ExcludeBought = true, ExcludeCarted = true },
            _rules.Current.OutOfStock
        );
        VisitorSession session = VisitorSession
            .Empty.With("b", BehaviorEventType.Cart)
            .With("x", BehaviorEventType.View)
            .With("a", BehaviorEventType.View);

        RecommendationAnswer answer = WithModel()
            .ForSession(new Visitor(session, ["c"]), Filter(10) with { ExcludeSeen = false });

        Assert.Equal(["a", "t1", "t2", "x", "y"], Ids(answer).Order());
    }

    [Fact]
    public void ForSession_WhenAPriceBandIsAskedFor_TakesWhatIsKnownToBeInIt()
    {
        _catalogue.Add("b", new ProductFacts(Phones, "one", 10));
        _catalogue.Add("c", new ProductFacts(Shoes, "two", 20));
        _catalogue.Add("y", new ProductFacts(Shoes, "two", 30));

        Assert.Equal(
            ["c", "y"],
            Ids(WithModel().ForSession(Session("a"), Filter(10) with { MinPrice = 15, MaxPrice = 30 }))
        );
    }

    [Fact]
    public void ForSession_WhenTheRankerIsExplained_NamesItsFeatures()
    {
        Serve(RankedShop.Recommender);

        RecommendationAnswer plain = WithoutModel().ForSession(Session("p30"), Filter(5));
        RecommendationAnswer explained = WithoutModel().ForSession(Session("p30"), Filter(5) with { Explain = true });

        Assert.Equal(Ids(plain), Ids(explained));
        Assert.All(plain.Items, item => Assert.Null(item.Explanation));
        Assert.All(
            explained.Items,
            item => Assert.Equal(RecommendationExplanation.MaxFeatures, item.Explanation!.Features.Count)
        );
        Assert.Contains(explained.Items[0].Explanation!.Features, feature => feature.Contribution != 0);
    }

    /// <summary>A merge numbers the products anew; rules go by what is known of each product all the same.</summary>
    [Fact]
    public void ForSession_AfterFinishedSessionsWereMerged_GoesByEachProductsOwnPrice()
    {
        Serve(RankedShop.Recommender);
        for (int i = 0; i < 1_000; i++)
        {
            _catalogue.Add($"p{i}", new ProductFacts(RankedShop.CategoryOf($"p{i}"), null, i));
        }

        Follow(
            new MerchandisingRule()
            {
                Name = "cheap",
                Action = RuleAction.Bury,
                MaxPrice = 499,
                Factor = 0.9,
            }
        );
        ProductRecommender recommender = WithoutModel();

        AssertRulesGoByPrice();
        LiveIndex live = _slot.Current!.Model.Live!;
        live.Add(RankedShop.Sessions[^RankedShop.NotLearned..]);
        live.Merge(max: 500, threads: 1, TestContext.Current.CancellationToken);
        AssertRulesGoByPrice();

        void AssertRulesGoByPrice()
        {
            RecommendedProduct[] items =
            [
                .. Enumerable
                    .Range(0, 20)
                    .SelectMany(i =>
                        recommender.ForSession(Session($"p{i * 50}"), Filter(20) with { Explain = true }).Items
                    )
                    .Where(item => item.ProductId.StartsWith('p')),
            ];
            Assert.Equal(
                items.Select(item => int.Parse(item.ProductId.AsSpan(1), CultureInfo.InvariantCulture) <= 499),
                items.Select(item => item.Explanation!.Rules.Count > 0)
            );
            Assert.Contains(items, item => item.Explanation!.Rules.Count > 0);
        }
    }

    private void Follow(params MerchandisingRule[] rules) =>
        _rules.Current = new RulesSnapshot(
            new MerchandisingRules { Version = 7, Rules = rules },
            _rules.Current.OutOfStock
        );

    private static RecommendationFilter Filter(int count, string? category = null, params string[] exclude) =>
        new(count, category, exclude, ExcludeSeen: true);

    private static Visitor Session(string product, BehaviorEventType type = BehaviorEventType.View) =>
        new(VisitorSession.Empty.With(product, type), []);

    private static string[] Ids(RecommendationAnswer answer) => [.. answer.Items.Select(item => item.ProductId)];

    private ProductRecommender WithModel()
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions { Backward = 0 }, Events.Start);
        Session(builder, "a", "b");
        Session(builder, "a", "b");
        Session(builder, "a", "b");
        Session(builder, "a", "c");
        Session(builder, "x");
        for (int i = 0; i < 20; i++)
        {
            Session(builder, "y");
        }

        Serve(new Recommender(builder.Build(), ranker: null));
        return WithoutModel();
    }

    private void Serve(Recommender recommender)
    {
        ModelPromoted promoted = new()
        {
            Model = Recommender.Kind,
            Version = 7,
            Alias = "champion",
            ArtifactPath = "",
            Sha256 = "",
            PromotedAt = Events.Start,
        };
        _slot.Swap(promoted, recommender.Save());
    }

    private ProductRecommender WithoutModel()
    {
        Visit("b", Phones, BehaviorEventType.Purchase, Events.Start);
        Visit("t1", Phones, BehaviorEventType.Cart, Events.Start);
        Visit("t2", Shoes, BehaviorEventType.View, Events.Start);
        _trending.Publish();
        return new ProductRecommender(
            _slot,
            _trending,
            _catalogue,
            new ContentNeighbours(_catalogue),
            _rules,
            TimeProvider.System
        );
    }

    private string[] Trending()
    {
        _trending.Publish();
        return [.. _trending.Top(new RecommendationQuery { Count = 5 }).Select(product => product.ProductId)];
    }

    private void Visit(string product, Category category, BehaviorEventType type, DateTime time) =>
        _trending.Add(new ProductVisit(product, null, null, type, time), category);

    private static void Session(CoVisitationBuilder builder, params string[] products)
    {
        SessionVisit[] visits =
        [
            .. products.Select(p => new SessionVisit(builder.Products.Number(p), BehaviorEventType.View)),
        ];
        foreach (string product in products)
        {
            builder.Products.Describe(builder.Products.Number(product), product is "c" or "y" ? Shoes : Phones);
        }

        builder.AddSession(visits, Events.Start);
    }
}
