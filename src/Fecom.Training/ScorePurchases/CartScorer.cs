using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Training.ReadSessions;

namespace Fecom.Training.ScorePurchases;

/// <summary>A session's last event, as a row that models predict.</summary>
/// <param name="Event">The event.</param>
/// <param name="Features">What was known then, by the events up to it.</param>
internal readonly record struct CartRow(BehaviorEvent Event, PurchaseFeatures Features);

/// <summary>Learns from events and predicts the last product of other sessions, by the code that serves.</summary>
internal static class CartScorer
{
    /// <summary>Learns from all sessions that are over.</summary>
    /// <exception cref="InvalidDataException">There is too little to learn from.</exception>
    public static PurchaseCandidates Learn(
        IReadOnlyList<BehaviorEvent> events,
        TimeZoneInfo zone,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        try
        {
            PurchaseRowFinder finder = new();
            foreach (BehaviorEvent e in events)
            {
                finder.Take(e);
            }

            PurchaseRows rows = finder.Find(zone);
            log.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{rows.Count:N0} rows of {finder.Sessions:N0} sessions and {events.Count:N0} events"
                )
            );
            foreach (BehaviorEvent e in events)
            {
                rows.Take(e);
            }

            return PurchaseTrainer.TrainAll(
                rows.Split(validationShare: 0),
                PurchaseTrainer.Options,
                (what, share) => log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share, 4:0%} {what}")),
                cancellationToken
            );
        }
        catch (InsufficientDataException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>Which data were learned from: how many events, of which time, and the hash over all of them.</summary>
    /// <param name="events">Events in the order of time; at least one.</param>
    public static string Describe(IReadOnlyList<BehaviorEvent> events)
    {
        using DataFingerprint fingerprint = new();
        foreach (BehaviorEvent e in events)
        {
            fingerprint.Add(e);
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"Data: {events.Count:N0} events from {events[0].EventTime:yyyy-MM-dd HH:mm} to {events[^1].EventTime:yyyy-MM-dd HH:mm} UTC, fingerprint {fingerprint.Finish()}"
        );
    }

    /// <summary>The last event of each session with what was known then.</summary>
    /// <param name="history">Events that may have happened before, in the order of time.</param>
    /// <param name="sessions">The sessions, in the order of time. Of none is anything looked at that lies behind the event at hand.</param>
    /// <param name="zone">The shop's time zone.</param>
    public static List<CartRow> Rows(
        IReadOnlyList<BehaviorEvent> history,
        IReadOnlyList<BehaviorEvent> sessions,
        TimeZoneInfo zone
    )
    {
        Dictionary<string, BehaviorEvent> last = new(StringComparer.Ordinal);
        foreach (BehaviorEvent e in sessions)
        {
            last[e.UserSession] = e;
        }

        List<BehaviorEvent> all = InTime(history.Concat(sessions));
        List<BehaviorEvent> asked = all.FindAll(e =>
            last.TryGetValue(e.UserSession, out BehaviorEvent? of) && ReferenceEquals(of, e)
        );
        List<CartRow> rows = new(asked.Count);
        HistoricalFeatures features = new(
            [
                .. asked.Select(e => new EntityRow(
                    new EntityKeys(e.UserId, e.UserSession, e.ProductId),
                    HistoricalFeatures.KnownAt(e),
                    e.EventId
                )),
            ],
            [],
            zone,
            (row, values) => rows.Add(new CartRow(asked[row], PurchaseFeatures.Of(values)))
        );
        foreach (BehaviorEvent e in all)
        {
            features.Take(e, HistoricalFeatures.KnownAt(e));
        }

        features.Complete();
        return rows;
    }

    /// <summary>Events by time; those of one moment in the order in which they are given.</summary>
    public static List<BehaviorEvent> InTime(IEnumerable<BehaviorEvent> events) =>
        [.. events.OrderBy(e => e.EventTime)];
}
