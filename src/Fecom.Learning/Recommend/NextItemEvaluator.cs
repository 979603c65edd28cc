using Fecom.Learning.Metrics;
using Fecom.Learning.Views;

namespace Fecom.Learning.Recommend;

/// <summary>How good a recommender was at naming the next product.</summary>
/// <param name="Cases">Questions asked.</param>
/// <param name="HitRate20">See <see cref="HitRate"/>, among the first 20.</param>
/// <param name="ReciprocalRank20">See <see cref="MeanReciprocalRank"/>, among the first 20.</param>
public sealed record NextItemMetrics(int Cases, double HitRate20, double ReciprocalRank20)
{
    /// <summary>From the place of the next product in each case.</summary>
    public static NextItemMetrics Of(ReadOnlySpan<int> ranks) =>
        new(
            ranks.Length,
            HitRate.At(ranks, NextItemEvaluator.Count),
            MeanReciprocalRank.At(ranks, NextItemEvaluator.Count)
        );
}

/// <summary>Asks a recommender after every step of a session what comes next, by the call that serves, over all products of the shop.</summary>
public static class NextItemEvaluator
{
    /// <summary>Recommendations asked for.</summary>
    public const int Count = 20;

    private static readonly RecommendationQuery Query = new() { Count = Count };

    /// <summary>Adds the place of the next product after each step, from 1; 0 when it was not among the recommended. What belongs to the visit before it is no step.</summary>
    /// <param name="recommend">The recommender.</param>
    /// <param name="session">The session's products with what was done to them, oldest first.</param>
    /// <param name="ranks">Takes the places.</param>
    /// <param name="past">What the visitor dealt with before the session, the newest first; null where nobody knows.</param>
    public static void AddRanks(
        Func<VisitorSession, RecommendationQuery, IReadOnlyList<Recommendation>> recommend,
        ReadOnlySpan<RecentProduct> session,
        ICollection<int> ranks,
        IReadOnlyList<PastProduct>? past = null
    )
    {
        VisitorSession asked = VisitorSession.Empty.After(past ?? []);
        for (int i = 0; i + 1 < session.Length; i++)
        {
            asked = asked.With(session[i].ProductId, session[i].Type);
            if (VisitorSession.IsVisit(session[i + 1].Type, session[i + 1].ProductId == session[i].ProductId))
            {
                ranks.Add(RankOf(session[i + 1].ProductId, recommend(asked, Query)));
            }
        }
    }

    private static int RankOf(string productId, IReadOnlyList<Recommendation> answer)
    {
        for (int i = 0; i < answer.Count; i++)
        {
            if (answer[i].ProductId == productId)
            {
                return i + 1;
            }
        }

        return 0;
    }
}
