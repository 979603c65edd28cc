using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Xunit;

namespace Fecom.UnitTests.Learning.Merchandising;

/// <summary>Candidates a, b, c, d, e with scores 5 to 1: a, b and c are phones of Acme, d shoes of Acme, e shoes of Zeta; a costs 10, b 20 and so on.</summary>
public sealed class ActiveRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Category Phones = new("1", "electronics.smartphone");
    private static readonly Category Shoes = new("2", "apparel.shoes");

    private static readonly Dictionary<string, ProductFacts> Facts = new(StringComparer.Ordinal)
    {
        ["a"] = new(Phones, "Acme", 10),
        ["b"] = new(Phones, "Acme", 20),
        ["c"] = new(Phones, "Acme", 30),
        ["d"] = new(Shoes, "Acme", 40),
        ["e"] = new(Shoes, "Zeta", 50),
    };

    [Fact]
    public void Rank_WithoutRules_ChangesNothing()
    {
        IReadOnlyList<RuledProduct> ranked = Rank(new MerchandisingRules(), 3);

        Assert.Equal(["a", "b", "c"], Ids(ranked));
        Assert.Equal([5.0, 4, 3], ranked.Select(product => product.Product.Score));
        Assert.All(ranked, product => Assert.Empty(product.Applied));
    }

    [Fact]
    public void Rank_BoostsAndBuries_ByEveryConditionOfARule()
    {
        IReadOnlyList<RuledProduct> ranked = Rank(
            Rules(
                new MerchandisingRule()
                {
                    Name = "acme shoes",
                    Action = RuleAction.Boost,
                    Brands = ["ACME"],
                    Categories = ["apparel"],
                    Factor = 10,
                },
                new()
                {
                    Name = "cheap",
                    Action = RuleAction.Bury,
                    MaxPrice = 20,
                    Factor = 0.1,
                }
            ),
            5
        );

        Assert.Equal(["d", "c", "e", "a", "b"], Ids(ranked));
        Assert.Equal([20.0, 3, 1, 0.5, 0.4], ranked.Select(product => Math.Round(product.Product.Score, 6)));
        Assert.Equal(new AppliedRule("acme shoes", "boost", 10), Assert.Single(ranked[0].Applied));
        Assert.Equal((2.0, 4), (ranked[0].Score!.Value, ranked[0].Rank!.Value));
    }

    [Fact]
    public void Rank_Pins_NamedProductsOneAfterTheOther_AndTheBestOfACategory()
    {
        IReadOnlyList<RuledProduct> ranked = Rank(
            Rules(
                new MerchandisingRule()
                {
                    Name = "two",
                    Action = RuleAction.Pin,
                    Products = ["new", "e"],
                    Position = 2,
                },
                new()
                {
                    Name = "shoes first",
                    Action = RuleAction.Pin,
                    Categories = ["2"],
                }
            ),
            4
        );

        Assert.Equal(["d", "new", "e", "a"], Ids(ranked));
        Assert.Equal(RecommendationSource.Rule, ranked[1].Product.Source);
        Assert.Null(ranked[1].Rank);
        Assert.Equal(
            ranked.Select(product => product.Product.Score).OrderDescending(),
            ranked.Select(product => product.Product.Score)
        );
        Assert.All(ranked, product => Assert.True(product.Product.Score > 0));
    }

    [Fact]
    public void Rank_PinsAProductOnce_HoweverOftenARuleNamesIt() =>
        Assert.Equal(
            ["new", "e", "a"],
            Ids(
                Rank(
                    Rules(
                        new MerchandisingRule()
                        {
                            Name = "twice",
                            Action = RuleAction.Pin,
                            Products = ["new", "new", "e", "e", "new"],
                        }
                    ),
                    3
                )
            )
        );

    [Fact]
    public void Rank_NeverPinsWhatMayNotCome() =>
        Assert.Equal(
            ["a", "b"],
            Ids(
                Rules(
                        new MerchandisingRule()
                        {
                            Name = "gone",
                            Action = RuleAction.Pin,
                            Products = ["new"],
                        }
                    )
                    .At(Now)
                    .Rank(Pool(), 2, FactsOf, _ => false, new Random(1), isExplained: true)
            )
        );

    [Theory]
    [InlineData(2, null, "a", "b", "d", "e")]
    [InlineData(1, null, "a", "d")]
    [InlineData(null, 1, "a", "e")]
    [InlineData(2, 3, "a", "b", "d", "e")]
    public void Rank_HoldsTheCaps(int? ofCategory, int? ofBrand, params string[] expected) =>
        Assert.Equal(
            expected,
            Ids(Rank(new MerchandisingRules { MaxPerCategory = ofCategory, MaxPerBrand = ofBrand }, 5))
        );

    [Fact]
    public void Rank_CountsWhatIsPinnedTowardsTheCaps()
    {
        MerchandisingRules rules = new()
        {
            MaxPerCategory = 1,
            Rules =
            [
                new()
                {
                    Name = "c",
                    Action = RuleAction.Pin,
                    Products = ["c"],
                },
            ],
        };

        Assert.Equal(["c", "d"], Ids(Rank(rules, 5)));
    }

    /// <summary>
    /// Half score, half unlikeness. After a (likeness 1 with b and c, 0.4 with d, 0 with e): b .4 - .5, c .3 - .5, d .2 - .2, e .1: e. Then
    /// (d .6 with e): b -.1, c -.2, d .2 - .3: b before d, as they are equal and b is the better one.
    /// </summary>
    [Fact]
    public void Rank_PutsUnlikeProductsFurtherUp()
    {
        IReadOnlyList<RuledProduct> ranked = Rank(new MerchandisingRules { Diversity = 0.5 }, 5);

        Assert.Equal(["a", "e", "b", "d", "c"], Ids(ranked));
        Assert.Equal(["diversity"], ranked[1].Applied.Select(rule => rule.Action));
        Assert.Empty(ranked[0].Applied);
    }

    [Fact]
    public void Rank_ExploresItsShareOfThePlaces()
    {
        Recommendation[] pool =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(i => new Recommendation($"p{i}", 100 - i, RecommendationSource.NextItem)),
        ];
        ActiveRules rules = new MerchandisingRules { ExplorationShare = 0.25 }.At(Now);
        int[] explored =
        [
            .. Enumerable
                .Range(0, 200)
                .Select(seed =>
                {
                    IReadOnlyList<RuledProduct> ranked = rules.Rank(
                        pool,
                        10,
                        _ => DescribedProduct.Unknown,
                        _ => true,
                        new Random(seed),
                        isExplained: true
                    );
                    Assert.Equal(10, ranked.Select(product => product.Product.ProductId).Distinct().Count());
                    Assert.All(
                        ranked,
                        product =>
                            Assert.Equal(
                                product.Applied.Count > 0,
                                product.Rank > 10 - ranked.Count(p => p.Applied.Count > 0)
                            )
                    );
                    return ranked.Count(product => product.Applied.Count > 0);
                }),
        ];

        Assert.All(explored, count => Assert.InRange(count, 2, 3));
        Assert.InRange(explored.Average(), 2.35, 2.65);
    }

    /// <summary>The choice of the diverse against its definition: at each place the one that is worth most, of those that the caps leave.</summary>
    [Theory]
    [InlineData(0.1, null, null)]
    [InlineData(0.5, 3, null)]
    [InlineData(0.9, 4, 2)]
    public void Rank_OfTheDiverse_EqualsTheDefinition(double diversity, int? ofCategory, int? ofBrand)
    {
        Random random = new(12);
        MerchandisingRules rules = new()
        {
            Diversity = diversity,
            MaxPerCategory = ofCategory,
            MaxPerBrand = ofBrand,
        };
        for (int question = 0; question < 50; question++)
        {
            Dictionary<string, DescribedProduct> facts = Enumerable
                .Range(0, 60)
                .ToDictionary(
                    i => $"p{i}",
                    _ =>
                    {
                        int category = random.Next(12);
                        Category of = category == 0 ? default : new($"{category}", $"level{category % 4}.c{category}");
                        string? brand = random.Next(10) is > 0 and int number ? $"Brand{number}" : null;
                        return new DescribedProduct(
                            new ProductFacts(of, random.Next(2) == 0 ? brand : brand?.ToUpperInvariant(), null)
                        );
                    }
                );
            double score = 1;
            Recommendation[] pool =
            [
                .. facts.Keys.Select(id => new Recommendation(
                    id,
                    score -= random.NextDouble() / 100,
                    RecommendationSource.NextItem
                )),
            ];

            IReadOnlyList<RuledProduct> ranked = rules
                .At(Now)
                .Rank(pool, 15, id => facts[id], _ => true, new Random(1), isExplained: question % 2 == 0);

            Assert.Equal(Diverse(pool, 15, rules, id => facts[id].Facts), Ids(ranked));
        }
    }

    [Fact]
    public void ExcludedBy_NamesTheRule_AndAnIncludeKeepsAllOthersOut()
    {
        ActiveRules rules = Rules(
                new MerchandisingRule()
                {
                    Name = "no zeta",
                    Action = RuleAction.Exclude,
                    Brands = ["zeta"],
                },
                new()
                {
                    Name = "shoes only",
                    Action = RuleAction.Include,
                    Categories = ["apparel"],
                }
            )
            .At(Now);

        Assert.Equal(
            ["shoes only", "shoes only", "shoes only", null, "no zeta"],
            Facts.Select(product => rules.ExcludedBy(product.Key, product.Value))
        );
        Assert.Equal("shoes only", rules.ExcludedBy("unknown", default));
        Assert.True(rules.Exclude);
        Assert.False(rules.Reorder);
    }

    [Fact]
    public void At_TakesTheRulesThatHold_FromTheirFirstMomentToBeforeTheirLast()
    {
        MerchandisingRules rules = Rules(
            new MerchandisingRule()
            {
                Name = "may",
                Action = RuleAction.Exclude,
                Products = ["a"],
                From = Now,
                Until = Now.AddDays(31),
            }
        );

        Assert.False(rules.At(Now.AddTicks(-1)).Exclude);
        Assert.True(rules.At(Now).Exclude);
        Assert.True(rules.At(Now.AddDays(31).AddTicks(-1)).Exclude);
        Assert.False(rules.At(Now.AddDays(31)).Exclude);
    }

    [Fact]
    public void Matches_WhenThePriceOrBrandIsNotKnown_IsFalse()
    {
        Assert.False(
            new MerchandisingRule
            {
                Name = "n",
                Action = RuleAction.Exclude,
                MinPrice = 0,
            }.Matches("p", default)
        );
        Assert.False(
            new MerchandisingRule
            {
                Name = "n",
                Action = RuleAction.Exclude,
                Brands = ["x"],
            }.Matches("p", default)
        );
        Assert.True(
            new MerchandisingRule
            {
                Name = "n",
                Action = RuleAction.Exclude,
                Products = ["p"],
            }.Matches("p", default)
        );
    }

    private static List<string> Diverse(
        Recommendation[] pool,
        int count,
        MerchandisingRules rules,
        Func<string, ProductFacts> factsOf
    )
    {
        List<string> answer = [];
        while (answer.Count < count)
        {
            string? next = pool.Where(one => !answer.Contains(one.ProductId) && Fits(one.ProductId))
                .OrderByDescending(one =>
                    ((1 - rules.Diversity) * one.Score / pool[0].Score)
                    - (rules.Diversity * answer.Select(id => Likeness(id, one.ProductId)).DefaultIfEmpty().Max())
                )
                .Select(one => one.ProductId)
                .FirstOrDefault();
            if (next is null)
            {
                break;
            }

            answer.Add(next);
        }

        return answer;

        bool Fits(string id) =>
            (factsOf(id).Category == default || Below(rules.MaxPerCategory, other => SameCategory(id, other)))
            && (factsOf(id).Brand is null || Below(rules.MaxPerBrand, other => SameBrand(id, other)));

        bool Below(int? max, Func<string, bool> isSame) => max is null || answer.Count(isSame) < max;

        bool SameCategory(string a, string b) =>
            factsOf(a).Category != default && factsOf(a).Category == factsOf(b).Category;

        bool SameBrand(string a, string b) =>
            factsOf(a).Brand is { } brand && brand.Equals(factsOf(b).Brand, StringComparison.OrdinalIgnoreCase);

        bool SameLevel(string a, string b) =>
            factsOf(a).Category.Path?.Split('.')[0] is { } level && level == factsOf(b).Category.Path?.Split('.')[0];

        double Likeness(string a, string b) =>
            (SameBrand(a, b) ? 0.4 : 0)
            + (
                SameCategory(a, b) ? 0.6
                : SameLevel(a, b) ? 0.3
                : 0
            );
    }

    private static MerchandisingRules Rules(params MerchandisingRule[] rules) => new() { Rules = rules };

    private static IReadOnlyList<RuledProduct> Rank(MerchandisingRules rules, int count) =>
        rules.At(Now).Rank(Pool(), count, FactsOf, _ => true, new Random(1), isExplained: true);

    private static DescribedProduct FactsOf(string product) => new(Facts.GetValueOrDefault(product));

    private static Recommendation[] Pool() =>
        [.. Facts.Keys.Select((product, i) => new Recommendation(product, 5 - i, RecommendationSource.NextItem))];

    private static string[] Ids(IReadOnlyList<RuledProduct> ranked) =>
        [.. ranked.Select(product => product.Product.ProductId)];
}
