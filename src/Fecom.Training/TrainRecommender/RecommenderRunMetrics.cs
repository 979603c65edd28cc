using Fecom.Learning.Recommend;
using Fecom.Training.ReadSessions;

namespace Fecom.Training.TrainRecommender;

/// <summary>A report as metrics of a run; what could not be measured is left out.</summary>
internal static class RecommenderRunMetrics
{
    public const string HitRate = "hit_rate_20";
    public const string Cases = "cases";

    /// <summary>The last row of the offline store that was learned from.</summary>
    public const string LastRow = "last_row";

    public static Dictionary<string, double> Of(
        RecommenderReport report,
        CoVisitationIndex index,
        ReadProgress read,
        long lastRow
    )
    {
        Dictionary<string, double> metrics = new()
        {
            ["sessions"] = read.Sessions,
            [ReadProgress.EventsMetric] = read.Events,
            ["products"] = index.Products,
            ["pairs"] = index.Pairs,
            [Cases] = report.Model.Cases,
            [LastRow] = lastRow,
        };
        if (report.Model.Cases > 0)
        {
            metrics[HitRate] = report.Model.HitRate20;
            metrics["mrr_20"] = report.Model.ReciprocalRank20;
            metrics["popularity_hit_rate_20"] = report.Popularity.HitRate20;
            metrics["popularity_mrr_20"] = report.Popularity.ReciprocalRank20;
        }

        if (report.Champion is { Cases: > 0 } champion)
        {
            metrics["champion_hit_rate_20"] = champion.HitRate20;
        }

        if (report.Visits > 0)
        {
            metrics["champion_known_share"] = (double)report.KnownToChampion / report.Visits;
        }

        return metrics;
    }
}
