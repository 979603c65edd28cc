using Fecom.Learning.Recommend;
using Fecom.Training.ReadSessions;

namespace Fecom.Training.TrainRecommender;

/// <summary>A report as metrics of a run; what could not be measured is left out.</summary>
internal static class RecommenderRunMetrics
{
    public const string HitRate = "hit_rate_20";
    public const string Cases = "cases";

    /// <summary>Until when the events were received that were learned from, in microseconds since 1970.</summary>
    public const string ReceivedUntil = "received_until";

    /// <summary>The time that <see cref="ReceivedUntil"/> says; the least of times without it.</summary>
    public static DateTime Time(double? receivedUntil) =>
        receivedUntil is { } microseconds ? DateTime.UnixEpoch.AddTicks((long)microseconds * 10) : default;

    public static Dictionary<string, double> Of(
        RecommenderReport report,
        Recommender model,
        ReadProgress read,
        DateTime receivedUntil
    )
    {
        Dictionary<string, double> metrics = new()
        {
            ["sessions"] = read.Sessions,
            [ReadProgress.EventsMetric] = read.Events,
            ["products"] = model.CoVisits.Products,
            ["pairs"] = model.CoVisits.Pairs,
            ["ranked"] = model.IsRanked ? 1 : 0,
            [Cases] = report.Model.Cases,
            [ReceivedUntil] = (receivedUntil.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
        };
        if (report.Model.Cases > 0)
        {
            metrics[HitRate] = report.Model.HitRate20;
            metrics["mrr_20"] = report.Model.ReciprocalRank20;
            metrics["popularity_hit_rate_20"] = report.Popularity.HitRate20;
            metrics["popularity_mrr_20"] = report.Popularity.ReciprocalRank20;
        }

        if (report.CoVisitation is { Cases: > 0 } coVisitation)
        {
            metrics["co_visitation_hit_rate_20"] = coVisitation.HitRate20;
            metrics["co_visitation_mrr_20"] = coVisitation.ReciprocalRank20;
        }

        if (report.Champion is { Cases: > 0 } champion)
        {
            metrics["champion_hit_rate_20"] = champion.HitRate20;
        }

        if (report.ChampionGain is { } gain)
        {
            metrics["hit_rate_20_gain"] = gain.Value;
            metrics["hit_rate_20_gain_lower"] = gain.Lower;
            metrics["hit_rate_20_gain_upper"] = gain.Upper;
            metrics["answer_microseconds"] = report.Microseconds;
            metrics["champion_answer_microseconds"] = report.ChampionMicroseconds;
        }

        if (report.Visits > 0)
        {
            metrics["champion_known_share"] = (double)report.KnownToChampion / report.Visits;
        }

        return metrics;
    }
}
