using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

public sealed class CoVisitationIndexTests
{
    /// <summary>Counts pairs and nothing else.</summary>
    private static readonly CoVisitationOptions Plain = new()
    {
        StepDecay = 1,
        Backward = 0,
        PopularityPenalty = 0,
        RecencyDecay = 0.5,
        HalfLife = TimeSpan.FromDays(1),
    };

    private static readonly RecommendationQuery Ten = new() { Count = 10, FillUp = false };

    [Fact]
    public void Recommend_CountsWhatFollowed()
    {
        // a was visited three times; b followed twice, c once.
        CoVisitationIndex index = Build(Plain, "a b", "a b", "a c");

        Assert.Equal([("b", 0.666667), ("c", 0.333333)], Scores(index.Recommend(Recent("a"), Ten)));
        Assert.Empty(index.Recommend(Recent("b"), Ten));
    }

    [Fact]
    public void Recommend_AddsUpOverTheSessionAndForgetsOlderProducts()
    {
        CoVisitationIndex index = Build(Plain, "a x", "b y", "a z", "b z");

        // The newest is b: x comes from a alone at half weight, z from both.
        Assert.Equal([("z", 0.75), ("y", 0.5), ("x", 0.25)], Scores(index.Recommend(Recent("a", "b"), Ten)));
        Assert.Equal("b", index.Recommend(Recent("a", "b"), Ten)[0].Because);
    }

    [Fact]
    public void Recommend_WeighsStepsTheWayBackAndAge()
    {
        CoVisitationOptions options = Plain with { StepDecay = 0.5, Backward = 0.5, Window = 2 };
        CoVisitationIndex index = Build(options, "a b c d");

        // One visit each: b is one step away, c two, d beyond the window; the way back from b to a is half.
        Assert.Equal([("b", 1), ("c", 0.5)], Scores(index.Recommend(Recent("a"), Ten)));
        Assert.Equal([("a", 0.5), ("c", 1.0), ("d", 0.5)], Scores(index.Recommend(Recent("b"), Ten)).Order());

        CoVisitationBuilder aged = new(Plain, Events.Start);
        aged.AddSession(Visits(aged, "a b"), Events.Start);
        aged.AddSession(Visits(aged, "a c"), Events.Start.AddDays(-1));
        Assert.Equal([("b", 0.666667), ("c", 0.333333)], Scores(aged.Build().Recommend(Recent("a"), Ten)));
    }

    [Fact]
    public void Recommend_WeighsWhatWasDone()
    {
        CoVisitationBuilder builder = new(Plain, Events.Start);
        int a = builder.Products.Number("a");
        int b = builder.Products.Number("b");
        int c = builder.Products.Number("c");
        builder.AddSession([new(a, BehaviorEventType.View), new(b, BehaviorEventType.View)], Events.Start);

        // Looking, carting and buying c is one visit that went far: it counts five, once.
        builder.AddSession(
            [
                new(a, BehaviorEventType.View),
                new(c, BehaviorEventType.View),
                new(c, BehaviorEventType.Cart),
                new(c, BehaviorEventType.Purchase),
            ],
            Events.Start
        );

        Assert.Equal([("c", 2.5), ("b", 0.5)], Scores(builder.Build().Recommend(Recent("a"), Ten)));
    }

    [Fact]
    public void Recommend_WhenTooFew_FillsUpWithPopularProductsThatSaySo()
    {
        CoVisitationIndex index = Build(Plain, "a b", "p q", "p r", "p q");
        IReadOnlyList<Recommendation> answer = index.Recommend(Recent("a"), Ten with { Count = 3, FillUp = true });

        Assert.Equal(["b", "p", "q"], answer.Select(r => r.ProductId));
        Assert.Equal(
            [RecommendationSource.CoVisitation, RecommendationSource.Popularity, RecommendationSource.Popularity],
            answer.Select(r => r.Source)
        );
        Assert.Equal(["a", null, null], answer.Select(r => r.Because));
    }

    [Fact]
    public void Recommend_WhenTheSessionIsUnknownOrEmpty_IsPopularity()
    {
        CoVisitationIndex index = Build(Plain, "a b", "a c");

        Assert.Equal(
            ["a"],
            index.Recommend(Recent("never"), Ten with { Count = 1, FillUp = true }).Select(r => r.ProductId)
        );
        Assert.Equal(3, index.Recommend([], Ten with { FillUp = true }).Count);
    }

    [Fact]
    public void Recommend_KeepsToTheQuery()
    {
        CoVisitationBuilder builder = new(Plain, Events.Start);
        builder.AddSession(Visits(builder, "a b"), Events.Start);
        builder.AddSession(Visits(builder, "a c"), Events.Start);
        builder.Products.Describe(builder.Products.Find("c"), new Category("17", "toys.cars"));
        CoVisitationIndex index = builder.Build();

        Assert.Equal(
            ["c"],
            index.Recommend(Recent("a"), Ten with { Exclude = new HashSet<string> { "b" } }).Select(r => r.ProductId)
        );
        Assert.All(
            ["17", "toys", "toys.cars"],
            category =>
                Assert.Equal(
                    ["c"],
                    index
                        .Recommend(Recent("a"), Ten with { Category = category, FillUp = true })
                        .Select(r => r.ProductId)
                )
        );
        Assert.Empty(index.Recommend(Recent("a"), Ten with { Category = "to" }));
    }

    [Fact]
    public void Similar_NeverNamesTheProductItself()
    {
        CoVisitationIndex index = Build(Plain, "a a b");
        Assert.Equal(["b"], index.Similar("a", Ten).Select(r => r.ProductId));
    }

    [Fact]
    public void Build_WhenNeighboursAreMany_KeepsTheHeaviest()
    {
        CoVisitationOptions options = Plain with { Neighbours = 3 };
        string[] sessions = [.. Enumerable.Range(0, 200).Select(i => $"a n{i}"), .. Enumerable.Repeat("a best", 5)];
        CoVisitationIndex index = Build(options, sessions);

        IReadOnlyList<Recommendation> answer = index.Recommend(Recent("a"), Ten);
        Assert.Equal(3, answer.Count);
        Assert.Equal("best", answer[0].ProductId);
    }

    [Fact]
    public void Load_OfWhatSaveWrote_RecommendsTheSame()
    {
        CoVisitationIndex index = Build(new CoVisitationOptions(), "a b c", "b c d", "a ÿ;x d");
        CoVisitationIndex loaded = CoVisitationIndex.Load(index.Save());

        RecommendationQuery query = Ten with { FillUp = true };
        Assert.Equal(index.Recommend(Recent("a", "b"), query), loaded.Recommend(Recent("a", "b"), query));
        Assert.Equal(index.Save(), loaded.Save());
        Assert.Throws<InvalidDataException>(() => CoVisitationIndex.Load(index.Save().AsMemory(0, 200)));
        Assert.Throws<InvalidDataException>(() => Fecom.Learning.Purchase.PurchaseModel.Load(index.Save()));
    }

    /// <summary>Ids and categories are any text: separators of lines, fields and words among them.</summary>
    [Theory]
    [InlineData("a\u2028b")]
    [InlineData("a\u2029b")]
    [InlineData("a\u0085b")]
    [InlineData("a\rb\nc\fd")]
    [InlineData("a\u001fb\u001f")]
    [InlineData("\u0000")]
    [InlineData(",")]
    [InlineData("😀\ud83d")]
    public void Load_WhenAnIdOrACategoryHoldsAnyCharacter_KnowsIt(string text)
    {
        CoVisitationBuilder builder = new(Plain, Events.Start);
        int[] products =
        [
            builder.Products.Number("a"),
            builder.Products.Number(text),
            builder.Products.Number(text + text),
        ];
        builder.Products.Describe(products[1], new Category(text, null));
        builder.Products.Describe(products[2], new Category(null, text));
        builder.AddSession(
            [.. products.Select(product => new SessionVisit(product, BehaviorEventType.View))],
            Events.Start
        );
        byte[] artifact = builder.Build().Save();

        CoVisitationIndex loaded = CoVisitationIndex.Load(artifact);

        Assert.Equal(artifact, loaded.Save());
        Assert.Equal([text, text + text], loaded.Recommend(Recent("a"), Ten).Select(r => r.ProductId));
        Assert.Equal([text + text], loaded.Recommend(Recent(text), Ten).Select(r => r.ProductId));
        Assert.Equal(2, loaded.Recommend(Recent("a"), Ten with { Category = text }).Count);
    }

    [Fact]
    public void Load_OfAnArtifactThatIsCutOrChangedAnywhere_IsRefusedOrWhole()
    {
        byte[] artifact = Build(Plain, "a b c", "b c d").Save();
        for (int i = 0; i < artifact.Length; i++)
        {
            Assert.Throws<InvalidDataException>(() => CoVisitationIndex.Load(artifact.AsMemory(0, i)));
            byte[] changed = [.. artifact];
            changed[i] ^= 0xff;
            Exception? refusal = Record.Exception(() => CoVisitationIndex.Load(changed));
            Assert.True(refusal is null or InvalidDataException, $"byte {i}: {refusal}");
        }
    }

    private static CoVisitationIndex Build(CoVisitationOptions options, params string[] sessions)
    {
        CoVisitationBuilder builder = new(options, Events.Start);
        foreach (string session in sessions)
        {
            builder.AddSession(Visits(builder, session), Events.Start);
        }

        return builder.Build();
    }

    private static SessionVisit[] Visits(CoVisitationBuilder builder, string session) =>
        [
            .. session
                .Split(' ')
                .Select(product => new SessionVisit(builder.Products.Number(product), BehaviorEventType.View)),
        ];

    private static RecentProduct[] Recent(params string[] products) =>
        [.. products.Select(product => new RecentProduct(product, BehaviorEventType.View))];

    private static IEnumerable<(string, double)> Scores(IReadOnlyList<Recommendation> answer) =>
        answer.Select(r => (r.ProductId, Math.Round(r.Score, 6)));
}
