using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Training.ReadSessions;
using Fecom.Training.TrainRecommender;
using Fecom.UnitTests.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class RecommenderTrainingTests
{
    private static readonly RankerOptions Ranking = new()
    {
        Trees = 40,
        LearningRate = 0.1,
        MinRowsPerLeaf = 200,
        TuningQuestions = 0,
        Threads = 1,
    };

    private static readonly DateTime Start = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Measure_AsksOnlyWhatItHasNotSeen_AndFinishTakesAllIn()
    {
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start.AddDays(2),
            Start.AddDays(1),
            default,
            TimeProvider.System
        );
        training.Take(Session(0, "a", "b"));
        training.Take(Session(0, "a", "b"));
        training.Take(Session(1, "a", "b"));
        training.Take(Session(1, "new", "newer"));

        RecommenderReport report = training.Measure(null, null, TestContext.Current.CancellationToken);
        Recommender recommender = training.Finish(TestContext.Current.CancellationToken);

        // Of two questions, what follows a was known and what follows new was not.
        Assert.Equal((2, 0.5, 0.5), (report.Model.Cases, report.Model.HitRate20, report.Model.ReciprocalRank20));
        Recommendation next = recommender
            .Recommend(VisitorSession.Empty.With("new", BehaviorEventType.View), new() { Count = 1, FillUp = false })
            .Single();
        Assert.Equal("newer", next.ProductId);
    }

    /// <summary>The champion learned what was received in the first 100 s: of the newest sessions it has seen two, and is asked about the others.</summary>
    [Fact]
    public void Measure_AsksTheChampionTheSameQuestions_NoneOfWhichItHasLearned()
    {
        Recommender champion = Champion("a", "b");
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start.AddDays(2),
            Start.AddDays(1),
            championSaw: Start.AddSeconds(100),
            TimeProvider.System
        );
        training.Take(Session(0, "a", "c"));
        training.Take(Session(1, 99, "c", "d"));
        training.Take(Session(1, 100, "c", "d"));
        for (int i = 0; i < 50; i++)
        {
            training.Take(Session(1, 101 + (2 * i), "a", "b"));
        }

        training.Take(Session(1, 301, "c", "d"));
        RecommenderReport report = training.Measure(champion, null, TestContext.Current.CancellationToken);

        // Of 51 questions the champion answers a→b; the new one knows c→d from the two sessions that the champion has seen, too.
        Assert.Equal((51, 51), (report.Champion!.Cases, report.Model.Cases));
        Assert.Equal(50 / 51.0, report.Champion.HitRate20, 9);
        Assert.True(report.Model.HitRate20 > 0);
        Assert.Equal(report.Model.HitRate20 - report.Champion.HitRate20, report.ChampionGain!.Value.Value, 9);
        Assert.InRange(
            report.ChampionGain.Value.Value,
            report.ChampionGain.Value.Lower,
            report.ChampionGain.Value.Upper
        );
        Assert.Equal((106, 100), (report.Visits, report.KnownToChampion));
        Assert.Equal(Start.AddSeconds(302), training.ReceivedUntil);
        Assert.Equal(
            "b",
            training
                .Finish(TestContext.Current.CancellationToken)
                .Recommend(VisitorSession.Empty.With("a", BehaviorEventType.View), new() { Count = 1 })
                .Single()
                .ProductId
        );
    }

    [Fact]
    public void Measure_WhenTheChampionHasSeenNearlyAll_DoesNotAskIt()
    {
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start.AddDays(2),
            Start.AddDays(1),
            championSaw: Start.AddSeconds(100),
            TimeProvider.System
        );
        training.Take(Session(1, 10, "a", "b"));
        training.Take(Session(1, 101, "a", "b"));

        RecommenderReport report = training.Measure(Champion("a", "b"), null, TestContext.Current.CancellationToken);

        Assert.Null(report.Champion);
        Assert.Equal(2, report.Model.Cases);
    }

    /// <summary>Walks from product to product are what a ranker is better at; the newest twentieth of the sessions is asked about.</summary>
    [Fact]
    public void Measure_WhenARankerIsBetter_KeepsIt_AndFinishTakesTheNewestInToo()
    {
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start.AddDays(2),
            Start.AddDays(1),
            default,
            TimeProvider.System
        );
        string[][] walks = SomeSessions.Walks(2_000, seed: 11);
        for (int i = 0; i < walks.Length; i++)
        {
            training.Take(Session(i < 1_900 ? 0 : 1, i, walks[i]));
        }

        training.Take(Session(1, 3_000, "newest", "newer"));
        RecommenderReport report = training.Measure(null, null, TestContext.Current.CancellationToken);
        Recommender recommender = training.Finish(TestContext.Current.CancellationToken);

        Assert.True(report.Model.HitRate20 > report.CoVisitation!.HitRate20 + 0.03, $"{report}");
        Assert.True(recommender.IsRanked);
        Recommendation next = recommender.Recommend(
            VisitorSession.Empty.With("newest", BehaviorEventType.View),
            new()
            {
                Count = 1,
                Exclude = new HashSet<string> { "newest" },
            }
        )[0];
        Assert.Equal(("newer", RecommendationSource.NextItem), (next.ProductId, next.Source));
    }

    /// <summary>Without any order in the sessions the ranker has nothing to learn, and too few sessions grow none.</summary>
    [Theory]
    [InlineData(2_000)]
    [InlineData(20)]
    public void Measure_WhenARankerIsNoBetter_LeavesItOut(int sessions)
    {
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start.AddDays(2),
            Start.AddDays(1),
            default,
            TimeProvider.System
        );
        for (int i = 0; i < sessions; i++)
        {
            training.Take(Session(i < sessions * 9 / 10 ? 0 : 1, i, "a", "b"));
        }

        RecommenderReport report = training.Measure(null, null, TestContext.Current.CancellationToken);

        Assert.Equal(1, report.Model.HitRate20);
        Assert.Equal(sessions > 1_000, report.CoVisitation is not null);
        Assert.False(training.Finish(TestContext.Current.CancellationToken).IsRanked);
    }

    /// <summary>On a second visit what was looked at last on the first one comes next: that is learned where the visitor is known, and nowhere else.</summary>
    [Fact]
    public void Measure_OfVisitorsWhoComeBack_GoesByTheirEarlierVisits()
    {
        NextItemMetrics known = OfReturning(visitor => $"u{visitor}");
        NextItemMetrics unknown = OfReturning(_ => "nobody in particular");

        Assert.Equal(unknown.Cases, known.Cases);
        Assert.True(known.HitRate20 > unknown.HitRate20 + 0.1, $"{known} {unknown}");
    }

    [Fact]
    public void Finish_RemembersCategories()
    {
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start,
            Start.AddDays(1),
            default,
            TimeProvider.System
        );
        training.Take(Session(0, "a", "b"));
        Recommender recommender = training.Finish(TestContext.Current.CancellationToken);

        RecommendationQuery toys = new() { Count = 5, Category = "toys.cars" };
        Assert.Equal(["a", "b"], recommender.Recommend(VisitorSession.Empty, toys).Select(r => r.ProductId).Order());
        Assert.Empty(recommender.Recommend(VisitorSession.Empty, toys with { Category = "books" }));
    }

    /// <summary>Visitors come once on the first day and once on the second, the last tenth of them once more on the third, which is held out.</summary>
    private static NextItemMetrics OfReturning(Func<int, string> userOf)
    {
        const int visitors = 1_500;
        RecommenderTraining training = new(
            new CoVisitationOptions(),
            Ranking,
            Start.AddDays(3),
            Start.AddDays(2),
            default,
            TimeProvider.System
        );
        string[][][] walks = [.. Enumerable.Range(31, 3).Select(seed => SomeSessions.Walks(visitors, seed))];
        for (int i = 0; i < visitors; i++)
        {
            int days = i < visitors * 9 / 10 ? 2 : 3;
            for (int day = 0; day < days; day++)
            {
                string[] walk = walks[day][i];
                string[] visit = day == 0 ? walk : [walk[0], walks[day - 1][i][^1], .. walk[1..]];
                training.Take([.. Session(day, visit).Select(row => row with { UserId = userOf(i) })]);
            }
        }

        RecommenderReport report = training.Measure(null, null, TestContext.Current.CancellationToken);
        Assert.NotNull(report.CoVisitation);
        return report.Model;
    }

    private static Recommender Champion(params string[] session)
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions(), Start);
        builder.AddSession(
            [.. session.Select(id => new SessionVisit(builder.Products.Number(id), BehaviorEventType.View))],
            Start
        );
        return new Recommender(builder.Build(), ranker: null);
    }

    private static SessionRow[] Session(int day, params string[] products) => Session(day, 0, products);

    private static SessionRow[] Session(int day, int received, params string[] products) =>
        [
            .. products.Select(
                (product, i) =>
                    new SessionRow(
                        Start.AddDays(day).AddSeconds(i),
                        BehaviorEventType.View,
                        product,
                        "1",
                        new SessionFeatures
                        {
                            EventWeekday = 0,
                            ActivityCount = i + 1,
                            Price = 1m,
                            CategoryCodeLevel1 = "toys",
                            CategoryCodeLevel2 = "cars",
                        },
                        ReceivedAt: Start.AddSeconds(received + i)
                    )
            ),
        ];
}
