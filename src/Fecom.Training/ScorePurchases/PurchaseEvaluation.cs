using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;

namespace Fecom.Training.ScorePurchases;

/// <summary>
/// Reports how well purchases are predicted on several time splits of a file: of each session with a cart that began after the split, what
/// lies behind its first add to the cart is unknown to everybody, and is what is predicted.
/// </summary>
internal static class PurchaseEvaluation
{
    /// <summary>The name, then figures.</summary>
    private const string Row = "{0,-22}{1,8}{2,8}{3,10}{4,8}";

    /// <summary>How much of the file's time a split scores at most.</summary>
    private const double Scored = 0.35;

    /// <summary>Shares of the file's time at which it is split.</summary>
    private static readonly double[] Borders = [0.4, 0.5, 0.62, 0.75];

    private static readonly string[] Names = ["base rate", "logistic regression", "original features", "model"];

    /// <param name="events">Behaviour events, at least one.</param>
    /// <param name="zone">The shop's time zone.</param>
    /// <param name="report">Takes the report.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">There is too little to learn from or to measure on.</exception>
    public static void Run(
        IEnumerable<BehaviorEvent> events,
        TimeZoneInfo zone,
        TextWriter report,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        List<BehaviorEvent> all = CartScorer.InTime(events);
        report.WriteLine(CartScorer.Describe(all));
        DateTime begin = all[0].EventTime;
        TimeSpan span = all[^1].EventTime - begin;
        List<PurchaseMetrics[]> found = [];
        Calibration? reliability = null;
        foreach (double border in Borders)
        {
            DateTime start = begin + (span * border);
            (List<BehaviorEvent> train, List<BehaviorEvent> carts, HashSet<string> bought) = Cut(
                all,
                start,
                start + (span * Scored)
            );
            log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time split at {start:yyyy-MM-dd HH:mm} UTC"));
            PurchaseCandidates candidates = CartScorer.Learn(train, zone, log, cancellationToken);
            PurchaseRow[] rows =
            [
                .. CartScorer
                    .Rows(train, carts, zone)
                    .Select(row => new PurchaseRow(row.Features, bought.Contains(row.Event.UserSession))),
            ];
            if (!rows.Any(row => row.IsPurchased) || rows.All(row => row.IsPurchased))
            {
                throw new InvalidDataException(
                    $"Of the {rows.Length} sessions with a cart after {start:yyyy-MM-dd}, {rows.Count(row => row.IsPurchased)} bought it: some must, and some not."
                );
            }

            float[] model = Predict(candidates.Models[2], rows);
            found.Add([
                PurchaseMetrics.Of(candidates.Models[0], rows),
                PurchaseMetrics.Of(candidates.Models[1], rows),
                PurchaseMetrics.Of(candidates.Original(rows), rows),
                PurchaseMetrics.Of(model, rows),
            ]);
            reliability = Calibration.Of(model, [.. rows.Select(row => row.IsPurchased)]);
            Write(
                report,
                $"Split at {start:yyyy-MM-dd}: {rows.Length} sessions, {rows.Average(row => row.IsPurchased ? 1.0 : 0):.000} bought, {candidates.LearningCurve.Count} trees",
                found[^1]
            );
        }

        Write(report, $"Mean of {found.Count} splits", Mean(found));
        report.WriteLine("Reliability on the last split, a tenth of the rows each: predicted, bought");
        foreach (ReliabilityBin bin in reliability!.Bins)
        {
            report.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {bin.MeanProbability:.000}  {bin.Rate:.000}  ({bin.Count})"
                )
            );
        }
    }

    /// <summary>What was known at the split, the sessions after it up to their first add to the cart, and those of them that bought it.</summary>
    private static (List<BehaviorEvent> Train, List<BehaviorEvent> Carts, HashSet<string> Bought) Cut(
        List<BehaviorEvent> all,
        DateTime start,
        DateTime end
    )
    {
        Dictionary<string, DateTime> began = new(StringComparer.Ordinal);
        HashSet<string> carting = new(StringComparer.Ordinal);
        foreach (BehaviorEvent e in all)
        {
            began.TryAdd(e.UserSession, e.EventTime);
            if (e.EventType == BehaviorEventType.Cart)
            {
                carting.Add(e.UserSession);
            }
        }

        List<BehaviorEvent> carts = [];
        Dictionary<string, string> carted = new(StringComparer.Ordinal);
        HashSet<string> bought = new(StringComparer.Ordinal);
        foreach (BehaviorEvent e in all)
        {
            if (began[e.UserSession] is var of && (of < start || of >= end || !carting.Contains(e.UserSession)))
            {
                continue;
            }

            if (carted.TryGetValue(e.UserSession, out string? product))
            {
                if (e.EventType == BehaviorEventType.Purchase && e.ProductId == product)
                {
                    bought.Add(e.UserSession);
                }

                continue;
            }

            carts.Add(e);
            if (e.EventType == BehaviorEventType.Cart)
            {
                carted.Add(e.UserSession, e.ProductId);
            }
        }

        return (all.FindAll(e => e.EventTime < start), carts, bought);
    }

    private static float[] Predict(PurchaseModel model, PurchaseRow[] rows)
    {
        float[] probabilities = new float[rows.Length];
        model.Predict([.. rows.Select(row => row.Features)], probabilities);
        return probabilities;
    }

    private static PurchaseMetrics[] Mean(List<PurchaseMetrics[]> found) =>
        [
            .. Names.Select(
                (_, i) =>
                    new PurchaseMetrics(
                        found.Average(split => split[i].Auc),
                        found.Average(split => split[i].PrAuc),
                        found.Average(split => split[i].LogLoss),
                        found.Average(split => split[i].CalibrationError)
                    )
            ),
        ];

    private static void Write(TextWriter report, FormattableString title, PurchaseMetrics[] metrics)
    {
        report.WriteLine(title.ToString(CultureInfo.InvariantCulture));
        report.WriteLine(Row, "", "AUC", "AP", "log loss", "ECE");
        for (int i = 0; i < metrics.Length; i++)
        {
            report.WriteLine(
                Row,
                Names[i],
                Figure(metrics[i].Auc),
                Figure(metrics[i].PrAuc),
                Figure(metrics[i].LogLoss),
                Figure(metrics[i].CalibrationError)
            );
        }
    }

    private static string Figure(double value) => value.ToString(".0000", CultureInfo.InvariantCulture);
}
