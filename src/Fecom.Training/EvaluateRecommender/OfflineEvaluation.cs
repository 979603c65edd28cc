using System.Globalization;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;

namespace Fecom.Training.EvaluateRecommender;

/// <summary>Trains a recommender on the oldest sessions of a file and reports how well it names what came next in the newest, beside plain methods.</summary>
internal static class OfflineEvaluation
{
    /// <summary>The name, then figures.</summary>
    private const string Row = "{0,-22}{1,7}{2,7}{3,15}{4,7}{5,7}{6,15}{7,8}{8,8}{9,8}{10,8}{11,8}{12,8}{13,8}{14,8}";

    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first.</param>
    /// <param name="pastOf">What the visitor of a session dealt with before it; null where visitors are not known.</param>
    /// <param name="heldOut">Share of the sessions that is asked about: the newest, above 0 to 0.5.</param>
    /// <param name="options">How to train.</param>
    /// <param name="report">Takes the report.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The share is not above 0 to 0.5.</exception>
    /// <exception cref="InvalidDataException">There are no sessions, or too few.</exception>
    public static void Run(
        IReadOnlyList<IReadOnlyList<string>> sessions,
        Func<int, IReadOnlyList<PastProduct>>? pastOf,
        double heldOut,
        RankerOptions options,
        TextWriter report,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        if (heldOut is not (> 0 and <= 0.5))
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"--held-out is {heldOut}; it is above 0, and 0.5 at most."
                ),
                nameof(heldOut)
            );
        }

        IReadOnlyList<RecommenderQuality> found = RecommenderEvaluation.Run(
            sessions,
            heldOut,
            options,
            (what, share) => log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share, 4:0%} {what}")),
            cancellationToken,
            pastOf
        );
        Write(found, sessions.Count, heldOut, report);
    }

    private static void Write(IReadOnlyList<RecommenderQuality> found, int sessions, double heldOut, TextWriter report)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        report.WriteLine(
            string.Create(
                culture,
                $"What came next, over all products: {found[0].Questions:N0} questions from the newest {heldOut:0.##%} of {sessions:N0} sessions."
            )
        );
        report.WriteLine(
            "HR is the hit rate, and the recall as well: one product is right. ± is half of a 95% interval over sessions."
        );
        report.WriteLine(
            "bias: visits of what is recommended by visits of what came next; novelty in bits; times of one answer in ms."
        );
        report.WriteLine(
            Row,
            [
                "",
                .. RecommenderQuality.Cuts.Select(k => $"HR@{k}"),
                .. RecommenderQuality.Cuts.Select(k => $"MRR@{k}"),
                .. RecommenderQuality.Cuts.Select(k => $"NDCG@{k}"),
                "cover",
                "bias",
                "novelty",
                "median",
                "p99",
            ]
        );
        foreach (RecommenderQuality quality in found)
        {
            report.WriteLine(Row, Cells(quality, culture));
        }
    }

    private static string[] Cells(RecommenderQuality quality, CultureInfo culture) =>
        [
            quality.Name,
            Share(quality.HitRate[0]),
            Share(quality.HitRate[1]),
            $"{Share(quality.HitRate[2])} ±{Share(quality.HitRateInterval)}",
            Share(quality.ReciprocalRank[0]),
            Share(quality.ReciprocalRank[1]),
            $"{Share(quality.ReciprocalRank[2])} ±{Share(quality.ReciprocalRankInterval)}",
            .. quality.DiscountedGain.Select(Share),
            quality.Coverage.ToString("0.000", culture),
            quality.PopularityBias.ToString("0.00", culture),
            quality.Novelty.ToString("0.0", culture),
            quality.MedianMilliseconds.ToString("0.000", culture),
            quality.P99Milliseconds.ToString("0.000", culture),
        ];

    private static string Share(double share) => share.ToString(".0000", CultureInfo.InvariantCulture);
}
