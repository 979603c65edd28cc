using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

public sealed class RecommenderEvaluationTests
{
    /// <summary>Three sessions a b, one a c, one b; then four questions: two hits, a product at the second place, and one that is not known.</summary>
    [Fact]
    public void Of_SumsUpAnswers_AsByHand()
    {
        SessionLog log = new();
        foreach (
            int[] session in (int[][])
                [
                    [0, 1],
                    [0, 1],
                    [0, 1],
                    [0, 2],
                    [1],
                ]
        )
        {
            log.Add(session);
        }

        SessionIndex index = new(log, log.Count, products: 4);

        RecommenderQuality quality = RecommenderQuality.Of(
            "any",
            index,
            [
                new(Session: 0, Sought: 1, Products: [1, 2], Milliseconds: 4),
                new(Session: 0, Sought: 2, Products: [1, 2], Milliseconds: 1),
                new(Session: 1, Sought: -1, Products: [1], Milliseconds: 2),
                new(Session: 2, Sought: 0, Products: [], Milliseconds: 3),
            ]
        );

        Assert.Equal(("any", 4), (quality.Name, quality.Questions));
        Assert.All(quality.HitRate, rate => Assert.Equal(0.5, rate, 12));
        Assert.All(quality.ReciprocalRank, rank => Assert.Equal(1.5 / 4, rank, 12));
        Assert.All(quality.DiscountedGain, gain => Assert.Equal((1 + (1 / Math.Log2(3))) / 4, gain, 12));

        // Of a, b and c, which sessions hold, b and c were recommended. Of nine visits a, b and c have 4, 4 and 1.
        Assert.Equal(2 / 3.0, quality.Coverage, 12);
        Assert.Equal((4 + 1 + 4 + 1 + 4) / 5.0 / ((4 + 1 + 4) / 3.0), quality.PopularityBias, 6);
        Assert.Equal(-((3 * Math.Log2(4 / 9.0)) + (2 * Math.Log2(1 / 9.0))) / 5, quality.Novelty, 6);
        Assert.Equal((3, 4), (quality.MedianMilliseconds, quality.P99Milliseconds));
        Assert.True(quality.HitRateInterval > quality.ReciprocalRankInterval);
    }

    [Fact]
    public void Run_AsksEveryRecommenderTheSame_AndNoneOfWhatItHasLearned()
    {
        string[][] sessions = SomeSessions.Walks(2_000, seed: 11);
        int questions = sessions[^100..].Sum(session => session.Length - 1);

        IReadOnlyList<RecommenderQuality> found = Run(sessions, 0.05);

        Assert.Equal(9, found.Select(quality => quality.Name).Distinct().Count());
        Assert.All(found, quality => Assert.Equal(questions, quality.Questions));
        Assert.All(found, quality => Assert.InRange(quality.Coverage, 0.01, 1));
        Assert.Equal(found[0].HitRate.Order(), found[0].HitRate);
        Assert.Equal("ranker", found.MaxBy(quality => quality.ReciprocalRank[2])!.Name);
        Assert.Equal("popular lately", found.MinBy(quality => quality.HitRate[2])!.Name);
        Assert.True(found[^1].PopularityBias > found[0].PopularityBias);
    }

    /// <summary>Two in three held-out products are not known: no source can name them, and none takes one for another.</summary>
    [Fact]
    public void Run_WhenTheNewestProductsAreNew_CountsThemAsMissed()
    {
        string[][] sessions =
        [
            .. Enumerable.Repeat<string[]>(["a", "b"], 50),
            .. Enumerable.Repeat<string[]>(["a", "new", "newer", "b"], 10),
        ];

        IReadOnlyList<RecommenderQuality> found = Run(sessions, 10 / 60.0);

        Assert.All(found, quality => Assert.InRange(quality.HitRate[2], 0, 1 / 3.0));
        Assert.Equal(1 / 3.0, found[0].HitRate[2], 12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_WhenThereIsNothingToAsk_SaysWhy(int sessions)
    {
        string message = Assert
            .Throws<InvalidDataException>(() => Run([.. Enumerable.Repeat<string[]>(["a"], sessions)], 0.2))
            .Message;

        Assert.Contains("a session needs two products", message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<RecommenderQuality> Run(string[][] sessions, double heldOut) =>
        RecommenderEvaluation.Run(
            sessions,
            heldOut,
            new RankerOptions
            {
                Trees = 40,
                LearningRate = 0.1,
                MinRowsPerLeaf = 200,
                TuningQuestions = 0,
                Threads = 1,
            },
            progress: null,
            TestContext.Current.CancellationToken
        );
}
