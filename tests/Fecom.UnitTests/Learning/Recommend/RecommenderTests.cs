using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

public sealed class RecommenderTests
{
    private static Recommender Ranked => RankedShop.Recommender;

    [Fact]
    public void Recommend_WhenTheRankerKnowsTheSession_AnswersByItAlone()
    {
        IReadOnlyList<Recommendation> answer = Ask(Ranked, ["p30", "p31"], 10);

        Assert.Equal(10, answer.Select(product => product.ProductId).Distinct().Count());
        Assert.All(answer, product => Assert.Equal(RecommendationSource.NextItem, product.Source));
        Assert.All(answer, product => Assert.Equal("p31", product.Because));
        Assert.All(answer, product => Assert.InRange(product.Score, double.Epsilon, 1));
        Assert.Equal(answer.OrderByDescending(product => product.Score), answer);
    }

    [Fact]
    public void Recommend_IsBetterThanWhatIsVisitedTogether()
    {
        Recommender plain = new(Ranked.CoVisits, ranker: null);
        List<int> ranked = [];
        List<int> together = [];
        foreach (string[] session in RankedShop.Sessions[^RankedShop.NotLearned..])
        {
            RecentProduct[] products = [.. session.Select(id => new RecentProduct(id, BehaviorEventType.View))];
            NextItemEvaluator.AddRanks(Ranked.Recommend, products, ranked);
            NextItemEvaluator.AddRanks(plain.Recommend, products, together);
        }

        (NextItemMetrics best, NextItemMetrics plainly) = (
            NextItemMetrics.Of([.. ranked]),
            NextItemMetrics.Of([.. together])
        );
        Assert.True(best.HitRate20 > plainly.HitRate20 + 0.03, $"{best} {plainly}");
        Assert.True(best.ReciprocalRank20 > plainly.ReciprocalRank20, $"{best} {plainly}");
    }

    [Fact]
    public void Recommend_WhenTheRankerKnowsNoneOfIt_IsWhatIsVisitedTogether()
    {
        Recommendation first = Ask(Ranked, ["old1"], 3)[0];

        Assert.Equal(("old2", RecommendationSource.CoVisitation), (first.ProductId, first.Source));
        Assert.Equal("p31", Ask(Ranked, ["p31", "old1"], 3)[0].Because);
    }

    [Fact]
    public void Recommend_WhenNothingIsKnown_IsEmptyUnlessFilledUp()
    {
        Assert.Empty(Ask(Ranked, ["never seen"], 3));
        Assert.Empty(Ask(Ranked, [], 3));
        Assert.Equal(
            3,
            Ranked.Recommend(VisitorSession.Empty, new RecommendationQuery { Count = 3, FillUp = true }).Count
        );
    }

    [Fact]
    public void Recommend_LeavesOutWhatIsExcludedAndOtherCategories()
    {
        string best = Ask(Ranked, ["p30"], 1)[0].ProductId;
        RecommendationQuery query = new()
        {
            Count = 100,
            Exclude = new HashSet<string> { best },
            Category = "theme1",
            FillUp = false,
        };

        IReadOnlyList<Recommendation> answer = Ranked.Recommend(RankedShop.Session("p30"), query);

        Assert.NotEmpty(answer);
        Assert.DoesNotContain(answer, product => product.ProductId == best);
        Assert.All(answer, product => Assert.Equal("theme1", RankedShop.CategoryOf(product.ProductId).Id));
        Assert.Equal(answer.Count, answer.Select(product => product.ProductId).Distinct().Count());
    }

    [Fact]
    public void Load_AnswersAsWhatWasSaved()
    {
        Recommender loaded = Recommender.Load(Ranked.Save());

        Assert.True(loaded.IsRanked);
        Assert.All(
            RankedShop.Sessions[..100],
            session => Assert.Equal(Ask(Ranked, session, 20), Ask(loaded, session, 20))
        );
        Assert.False(Recommender.Load(new Recommender(Ranked.CoVisits, ranker: null).Save()).IsRanked);
    }

    [Fact]
    public void Load_WhenTheArtifactIsCutOrChanged_Refuses()
    {
        byte[] artifact = Ranked.Save();
        for (int length = 0; length < artifact.Length; length += artifact.Length / 50)
        {
            Assert.Throws<InvalidDataException>(() => Recommender.Load(artifact.AsMemory(0, length)));
        }

        for (int at = 0; at < artifact.Length; at += artifact.Length / 50)
        {
            byte[] changed = [.. artifact];
            changed[at] ^= 0xff;
            Exception? refusal = Record.Exception(() => Recommender.Load(changed));
            Assert.True(refusal is null or InvalidDataException, $"{at}: {refusal}");
        }
    }

    private static IReadOnlyList<Recommendation> Ask(Recommender recommender, string[] session, int count) =>
        recommender.Recommend(RankedShop.Session(session), new RecommendationQuery { Count = count, FillUp = false });
}
