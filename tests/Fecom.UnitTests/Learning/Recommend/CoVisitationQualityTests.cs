using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

/// <summary>Next-item quality over all items, with the newest sessions held out and every prefix of them asked.</summary>
public sealed class CoVisitationQualityTests
{
    [Fact]
    public void Recommend_OnGeneratedSessions_ReachesThePinnedQuality()
    {
        (double hitRate, double reciprocalRank) = Evaluate(Generate(5_000, seed: 7));

        Assert.Equal(0.67, hitRate, 0.02);
        Assert.Equal(0.247, reciprocalRank, 0.02);
    }

    [Fact]
    public void Recommend_OnYoochoose_ReachesThePinnedQuality()
    {
        string path = Repository.RealFileOrSkip("sessions/yoochoose1_64_train_sessions.txt");
        (double hitRate, double reciprocalRank) = Evaluate([.. File.ReadLines(path).Select(line => line.Split(' '))]);

        Assert.Equal(0.70, hitRate, 0.01);
        Assert.Equal(0.30, reciprocalRank, 0.01);
    }

    private static (double HitRate, double ReciprocalRank) Evaluate(string[][] sessions)
    {
        int held = sessions.Length / 20;
        CoVisitationBuilder builder = new(new CoVisitationOptions(), Events.Start);
        foreach (string[] session in sessions[..^held])
        {
            builder.AddSession(
                [
                    .. session.Select(product => new SessionVisit(
                        builder.Products.Number(product),
                        BehaviorEventType.View
                    )),
                ],
                Events.Start
            );
        }

        CoVisitationIndex index = builder.Build();
        List<int> ranks = [];
        foreach (string[] session in sessions[^held..])
        {
            RecentProduct[] products =
            [
                .. session.Select(product => new RecentProduct(product, BehaviorEventType.View)),
            ];
            NextItemEvaluator.AddRanks((asked, query) => index.Recommend(asked.Recent, query), products, ranks);
        }

        NextItemMetrics metrics = NextItemMetrics.Of([.. ranks]);
        return (metrics.HitRate20, metrics.ReciprocalRank20);
    }

    /// <summary>Visitors stay in one of forty themes of 25 products, some of which are liked more.</summary>
    private static string[][] Generate(int sessions, int seed)
    {
        Random random = new(seed);
        string Next(int theme) =>
            random.NextDouble() < 0.1
                ? $"p{random.Next(1_000)}"
                : $"p{(theme * 25) + (int)(25 * Math.Pow(random.NextDouble(), 2))}";
        string[] Session(int theme) => [.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => Next(theme))];
        return [.. Enumerable.Range(0, sessions).Select(_ => Session(random.Next(40)))];
    }
}
