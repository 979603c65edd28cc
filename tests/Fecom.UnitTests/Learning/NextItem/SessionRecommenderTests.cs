using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

public sealed class SessionRecommenderTests
{
    private static readonly RankerOptions Few = new()
    {
        Trees = 40,
        LearningRate = 0.1,
        MinRowsPerLeaf = 200,
        TuningQuestions = 0,
        Threads = 1,
    };

    private static readonly string[][] Sessions = SomeSessions.Walks(4_000, seed: 11);
    private static readonly Lazy<SessionRecommender> Trained = new(() => Train(Sessions[..^200], Few));

    [Fact]
    public void Recommend_IsBetterThanSessionNeighbours()
    {
        SessionLog log = SomeSessions.Log(Sessions);
        SessionIndex index = new(log, Sessions.Length - 200, log.Products);
        NeighbourSource neighbours = new(index, new NeighbourWeights(index, new NeighbourOptions()));
        SessionQuery query = new();
        ScoreTable table = new(log.Products);
        double plain = 0;
        double ranked = 0;
        foreach (NextItemCase asked in NextItemCase.Of(log, Sessions.Length - 200, Sessions.Length))
        {
            string[] session = Sessions[asked.Session];
            query.Set(index, log[asked.Session][..asked.Length]);
            table.Clear();
            neighbours.Score(query, table);
            int[] best =
            [
                .. table.Products.ToArray().OrderByDescending(product => table.Row(table.Find(product))[0]).Take(20),
            ];
            plain += Reciprocal(Array.IndexOf(best, log[asked.Session][asked.Length]));
            ranked += Reciprocal(
                Trained.Value.Recommend(session[..asked.Length], 20).ToList().IndexOf(session[asked.Length])
            );
        }

        Assert.True(ranked > 1.15 * plain, $"{ranked} of the ranker, {plain} of the neighbours");
    }

    [Fact]
    public void Recommend_WhenTrainedAgain_SaysTheSame()
    {
        SessionRecommender again = Train(Sessions[..^200], Few);

        Assert.All(
            Sessions[^200..],
            session => Assert.Equal(Trained.Value.Recommend(session, 20), again.Recommend(session, 20))
        );
    }

    [Fact]
    public void Recommend_FromManyThreads_SaysTheSameAsFromOne()
    {
        string[][] asked = Sessions[^100..];
        IReadOnlyList<string>[] alone = [.. asked.Select(session => Trained.Value.Recommend(session, 20))];

        Parallel.For(
            0,
            4,
            _ =>
                Assert.All(asked.Zip(alone), pair => Assert.Equal(pair.Second, Trained.Value.Recommend(pair.First, 20)))
        );
    }

    [Fact]
    public void Recommend_WhenNothingIsKnownOfTheVisitor_SaysTheSameForEveryStranger()
    {
        IReadOnlyList<string> popular = Trained.Value.Recommend([], 20);

        Assert.Equal(20, popular.Distinct().Count());
        Assert.Equal(popular, Trained.Value.Recommend(["never", "seen"], 20));
    }

    [Fact]
    public void Recommend_LeavesUnknownProductsOut() =>
        Assert.Equal(
            Trained.Value.Recommend(["p1", "p2"], 20),
            Trained.Value.Recommend(["never", "p1", "seen", "p2", "before"], 20)
        );

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(151)]
    [InlineData(1_000)]
    public void Recommend_GivesAsManyAsAreAskedFor(int count) =>
        Assert.Equal(count, Trained.Value.Recommend(["p1"], count).Distinct().Count());

    [Fact]
    public void Recommend_WhenTheShopHasFewerProducts_GivesThemAll() =>
        Assert.Equal(
            ["a", "b"],
            Train(
                    [
                        ["a", "b"],
                    ],
                    new RankerOptions()
                )
                .Recommend(["a"], 20)
                .Order()
        );

    [Fact]
    public void Recommend_AfterAVeryLongSession_Answers() =>
        Assert.Equal(
            20,
            Trained.Value.Recommend([.. Enumerable.Repeat(Sessions.SelectMany(s => s), 3).SelectMany(s => s)], 20).Count
        );

    [Fact]
    public void Train_WhenCancelled_Ends()
    {
        using CancellationTokenSource cancellation = new();

        Assert.ThrowsAny<OperationCanceledException>(() =>
            SessionRecommender.Train(
                Sessions,
                Few,
                (what, _) =>
                {
                    if (what.StartsWith("growing", StringComparison.Ordinal))
                    {
                        cancellation.Cancel();
                    }
                },
                cancellation.Token
            )
        );
    }

    private static double Reciprocal(int place) => place < 0 ? 0 : 1.0 / (place + 1);

    private static SessionRecommender Train(string[][] sessions, RankerOptions options) =>
        SessionRecommender.Train(sessions, options, null, TestContext.Current.CancellationToken);
}
