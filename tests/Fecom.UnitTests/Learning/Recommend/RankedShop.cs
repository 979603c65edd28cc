using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.UnitTests.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

/// <summary>A recommender with a ranker, over made-up walks: products p0 to p999, 25 in a row are a category. Its index also knows old1 and old2, which the ranker does not.</summary>
internal static class RankedShop
{
    public static readonly RankerOptions Ranking = new()
    {
        Trees = 40,
        LearningRate = 0.1,
        MinRowsPerLeaf = 200,
        TuningQuestions = 0,
        Threads = 1,
    };

    private static readonly Lazy<Recommender> Built = new(Build);

    /// <summary>The newest sessions, which the recommender has not learned.</summary>
    public const int NotLearned = 200;

    public static string[][] Sessions { get; } = SomeSessions.Walks(2_000, seed: 11);

    public static Recommender Recommender => Built.Value;

    public static Category CategoryOf(string product) =>
        product.StartsWith('p')
            ? new Category($"theme{int.Parse(product.AsSpan(1), CultureInfo.InvariantCulture) / 25}", null)
            : new Category("old", null);

    public static VisitorSession Session(params string[] products) =>
        products.Aggregate(VisitorSession.Empty, (session, product) => session.With(product, BehaviorEventType.View));

    private static Recommender Build()
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions(), Events.Start);
        foreach (string[] session in Sessions[..^NotLearned].Append(["old1", "old2"]))
        {
            SessionVisit[] visits =
            [
                .. session.Select(id => new SessionVisit(builder.Products.Number(id), BehaviorEventType.View)),
            ];
            Array.ForEach(session, id => builder.Products.Describe(builder.Products.Number(id), CategoryOf(id)));
            builder.AddSession(visits, Events.Start);
        }

        return new Recommender(
            builder.Build(),
            SessionRecommender.Train(
                Sessions[..^NotLearned],
                Ranking,
                progress: null,
                TestContext.Current.CancellationToken
            )
        );
    }
}
