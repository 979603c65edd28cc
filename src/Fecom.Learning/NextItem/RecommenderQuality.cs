using Fecom.Learning.Metrics;

namespace Fecom.Learning.NextItem;

/// <summary>How good a recommender was at naming what came next, over all products of the shop.</summary>
/// <param name="Name">The recommender.</param>
/// <param name="Questions">Questions asked.</param>
/// <param name="HitRate">HitRate at each of <see cref="Cuts"/>; with one right product it is the recall, too.</param>
/// <param name="ReciprocalRank">Mean reciprocal rank at each.</param>
/// <param name="DiscountedGain">NDCG at each.</param>
/// <param name="HitRateInterval">Half of the 95% interval of the hit rate at the last cut.</param>
/// <param name="ReciprocalRankInterval">Half of the 95% interval of the mean reciprocal rank at the last cut.</param>
/// <param name="Coverage">Share of the known products that were recommended at all, 0 to 1.</param>
/// <param name="PopularityBias">How often a recommended product was visited before, by how often those were that came next: above 1 it favours what is popular.</param>
/// <param name="Novelty">Mean of -log2 of a recommended product's share of all visits, in bits: the larger, the less known.</param>
/// <param name="MedianMilliseconds">Median time of an answer.</param>
/// <param name="P99Milliseconds">Time that one answer in a hundred took longer than.</param>
public sealed record RecommenderQuality(
    string Name,
    int Questions,
    IReadOnlyList<double> HitRate,
    IReadOnlyList<double> ReciprocalRank,
    IReadOnlyList<double> DiscountedGain,
    double HitRateInterval,
    double ReciprocalRankInterval,
    double Coverage,
    double PopularityBias,
    double Novelty,
    double MedianMilliseconds,
    double P99Milliseconds
)
{
    /// <summary>How many of the first products count.</summary>
    public static IReadOnlyList<int> Cuts { get; } = [5, 10, 20];

    /// <summary>The last of <see cref="Cuts"/>.</summary>
    internal static int Places => Cuts[^1];

    /// <summary>Sums up answers.</summary>
    internal static RecommenderQuality Of(string name, SessionIndex index, IReadOnlyList<RecommenderAnswer> answers)
    {
        int[] ranks = [.. answers.Select(answer => answer.Rank)];
        int[] sessions = [.. answers.Select(answer => answer.Session)];
        double[] milliseconds = [.. answers.Select(answer => answer.Milliseconds).Order()];
        int[] recommended = [.. answers.SelectMany(answer => answer.Products)];
        float[] sought = [.. answers.Where(a => index.Knows(a.Sought)).Select(a => index.Popularity[a.Sought])];
        double visits = index.Popularity.Sum(visits => (double)visits);
        return new RecommenderQuality(
            name,
            answers.Count,
            [.. Cuts.Select(k => Metrics.HitRate.At(ranks, k))],
            [.. Cuts.Select(k => MeanReciprocalRank.At(ranks, k))],
            [.. Cuts.Select(k => NormalizedDiscountedGain.At(ranks, k))],
            ClusteredMean.HalfWidth([.. ranks.Select(rank => rank > 0 ? 1.0 : 0)], sessions),
            ClusteredMean.HalfWidth([.. ranks.Select(rank => rank > 0 ? 1.0 / rank : 0)], sessions),
            (double)recommended.Distinct().Count() / index.LastSession.Count(last => last >= 0),
            MeanOr(recommended.Select(product => (double)index.Popularity[product]))
                / MeanOr(sought.Select(popularity => (double)popularity)),
            MeanOr(recommended.Select(product => -Math.Log2(index.Popularity[product] / visits))),
            milliseconds[milliseconds.Length / 2],
            milliseconds[(int)(milliseconds.Length * 0.99)]
        );
    }

    private static double MeanOr(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();
}

/// <summary>An answer to a question whose answer is known.</summary>
/// <param name="Session">The session that was asked about.</param>
/// <param name="Sought">What came next; may be a product that nothing is known of.</param>
/// <param name="Products">What was recommended, the best first.</param>
/// <param name="Milliseconds">How long it took.</param>
internal sealed record RecommenderAnswer(int Session, int Sought, int[] Products, double Milliseconds)
{
    /// <summary>The place of what came next, from 1; 0 when it was not recommended.</summary>
    public int Rank => Array.IndexOf(Products, Sought) + 1;
}
