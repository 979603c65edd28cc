using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.UnitTests.Learning.Recommend;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

/// <summary>Visitors come twice: the second visit begins anywhere, and in half of them what was in the cart after the first comes next.</summary>
public sealed class ReturningVisitorTests
{
    private const int Asked = 300;

    private static readonly IReadOnlyList<Visit> Visits = Make(3_000);
    private static readonly Lazy<SessionRecommender> Trained = new(() => Train(pastOf: i => Visits[i].Past));

    [Fact]
    public void Candidates_WhenThePastIsKnown_NameWhatTheVisitorComesBackTo()
    {
        double without = HitRate(Trained.Value, _ => []);
        double with = HitRate(Trained.Value, visit => visit.Past);

        Assert.True(with > without + 0.2, $"{with} with the past, {without} without");
    }

    /// <summary>A recommender that has learned from anonymous sessions has no tree that asks for the past: it adds candidates and moves none.</summary>
    [Fact]
    public void Candidates_WhereNoVisitorWasKnown_AreScoredAsForAStranger()
    {
        SessionRecommender anonymous = Train(pastOf: null);
        foreach (Visit visit in Visits.TakeLast(50))
        {
            Dictionary<string, float> stranger = anonymous
                .Candidates([visit.Products[0]], [])
                .ToDictionary(candidate => candidate.Product, candidate => candidate.Score);

            Dictionary<string, float> known = anonymous
                .Candidates([visit.Products[0]], visit.Past)
                .ToDictionary(candidate => candidate.Product, candidate => candidate.Score);

            Assert.All(stranger, candidate => Assert.Equal(candidate.Value, known[candidate.Key]));
        }
    }

    [Fact]
    public void Candidates_OfWhatNoSourceNames_AreTheNewestOfEarlierVisits()
    {
        PastProduct[] past =
        [
            .. Enumerable
                .Range(0, 30)
                .Select(i => Past($"p{900 - i}"))
                .Where(one => Trained.Value.Knows(one.ProductId)),
        ];
        string[] named = [.. Trained.Value.Candidates(["p1"], []).Select(candidate => candidate.Product)];
        string[] withPast = [.. Trained.Value.Candidates(["p1"], past).Select(candidate => candidate.Product)];

        Assert.Equal(named.Union(past.Select(one => one.ProductId).Except(named).Take(16)).Order(), withPast.Order());
        Assert.Equal(
            named.Order(),
            Trained.Value.Candidates(["p1"], [Past("never seen")]).Select(c => c.Product).Order()
        );
    }

    [Fact]
    public void Explain_ShowsThePast()
    {
        Dictionary<string, float> values = Trained
            .Value.Explain(["p1"], [Past("p500"), new PastProduct("p2", BehaviorEventType.Cart, 3)])["p2"]
            .ToDictionary(influence => influence.Name, influence => influence.Value);

        Assert.Equal((1, 3), (values["past_steps_back"], values["past_visits"]));
        Assert.Equal((3, 2), (values["past_action"], values["past_count"]));
        Assert.Equal(99, Trained.Value.Explain(["p1"], [])["p2"].Single(i => i.Name == "past_steps_back").Value);
    }

    /// <summary>Of a visit that has not begun the earlier ones say what comes next; nothing of them is left out as seen.</summary>
    [Fact]
    public void Recommend_BeforeAVisitsFirstEvent_GoesByTheEarlierOnes()
    {
        CoVisitationIndex none = new CoVisitationBuilder(new CoVisitationOptions(), Events.Start).Build();
        Recommender recommender = new(none, Trained.Value);
        RecommendationQuery query = new() { Count = 10, FillUp = false };
        VisitorSession back = VisitorSession.Empty.After([Past("p31"), Past("p30")]);

        IReadOnlyList<Recommendation> answer = recommender.Recommend(back, query);

        Assert.Equal(10, answer.Count);
        Assert.All(answer, product => Assert.Equal("p31", product.Because));
        Assert.Equal(
            recommender.Recommend(RankedShop.Session("p30", "p31"), query).Select(product => product.ProductId),
            answer.Select(product => product.ProductId)
        );
        Assert.NotEmpty(recommender.Explain(back));
        Assert.Empty(recommender.Recommend(VisitorSession.Empty, query));
    }

    [Fact]
    public void Evaluate_WhereVisitorsAreKnown_MeasuresTheirPastAlone()
    {
        IReadOnlyList<RecommenderQuality> found = RecommenderEvaluation.Run(
            [.. Visits.Select(visit => visit.Products)],
            (double)Asked / Visits.Count,
            Few,
            progress: null,
            TestContext.Current.CancellationToken,
            i => Visits[i].Past
        );

        Assert.Equal(
            ["ranker", "without earlier visits", "earlier visits"],
            found.Take(3).Select(quality => quality.Name)
        );
        Assert.True(found[0].HitRate[^1] > found[1].HitRate[^1] + 0.05);
        Assert.InRange(found[2].HitRate[^1], 0.05, found[0].HitRate[^1]);
        Assert.All(found, quality => Assert.Equal(found[0].Questions, quality.Questions));
    }

    private static RankerOptions Few { get; } =
        new()
        {
            Trees = 40,
            LearningRate = 0.1,
            MinRowsPerLeaf = 200,
            TuningQuestions = 0,
            Threads = 1,
        };

    private static PastProduct Past(string product) => new(product, BehaviorEventType.View, 1);

    private static SessionRecommender Train(Func<int, IReadOnlyList<PastProduct>>? pastOf) =>
        SessionRecommender.Train(
            Visits.Take(Visits.Count - Asked).Select(visit => visit.Products),
            Few,
            progress: null,
            TestContext.Current.CancellationToken,
            pastOf
        );

    /// <summary>How often what came second on a visitor's second visit is among the first five.</summary>
    private static double HitRate(SessionRecommender recommender, Func<Visit, IReadOnlyList<PastProduct>> pastOf)
    {
        Visit[] asked = [.. Visits.TakeLast(Asked).Where(visit => visit.Past.Count > 0)];
        return asked.Average(visit =>
            recommender
                .Candidates(visit.Products.Take(1).ToList(), pastOf(visit))
                .Take(5)
                .Any(candidate => candidate.Product == visit.Products[1])
                ? 1.0
                : 0
        );
    }

    private static List<Visit> Make(int visitors)
    {
        Random random = new(3);
        string[][] firsts = SomeSessions.Walks(visitors, seed: 21);
        string[][] seconds = SomeSessions.Walks(visitors, seed: 22);
        List<Visit> visits = [];
        for (int i = 0; i < visitors; i++)
        {
            visits.Add(new Visit(firsts[i], []));
            if (i > 0)
            {
                string[] before = firsts[i - 1];
                List<PastProduct> past =
                [
                    new(before[^1], BehaviorEventType.Cart, 1),
                    .. before[..^1].Reverse().Select(Past),
                ];
                string[] second = seconds[i];
                visits.Add(new Visit(random.Next(2) == 0 ? [second[0], before[^1], .. second[1..]] : second, past));
            }
        }

        return visits;
    }

    private sealed record Visit(IReadOnlyList<string> Products, IReadOnlyList<PastProduct> Past);
}
