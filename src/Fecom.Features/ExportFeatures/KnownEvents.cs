using System.Globalization;
using Fecom.Features.StreamFeatures;

namespace Fecom.Features.ExportFeatures;

/// <summary>
/// SQL that copies the events of bronze out in the order in which they became known, a slice of time after the other: what became known
/// in the slice in which it happened is sorted with that slice, and what did not (the strays) by itself.
/// </summary>
/// <remarks>
/// Bronze has a partition a day of event time, so that a slice reads its own days. One sort of all events would have every one of them on
/// PostgreSQL's disk before the first is seen. Events that happened and became known before the first row's day come in one slice and
/// in no order: no row lies between them.
/// </remarks>
/// <param name="asOf">Events received later are left out; UTC.</param>
/// <param name="first">The first row's moment, UTC.</param>
/// <param name="last">The last row's moment, UTC: what became known later is left out.</param>
internal sealed class KnownEvents(DateTime asOf, DateTime first, DateTime last)
{
    /// <summary>The most slices behind the first: rows that lie further apart have slices of more days.</summary>
    private const int MaxSlices = 2_000;

    private readonly int _days = 1 + ((last.Date - first.Date).Days / MaxSlices);

    /// <summary>When the ordered slices begin, UTC.</summary>
    public DateTime Begin { get; } = first.Date;

    /// <summary>The events of one slice after the other.</summary>
    public IEnumerable<string> Slices()
    {
        string begin = BronzeEvents.Literal(Begin);
        yield return Copy($"event_time < {begin} and known_at < {begin}", order: "");
        for (DateTime? from = Begin; from <= last; from = EndOf(from.Value))
        {
            string since = BronzeEvents.Literal(from.Value);
            string end = EndOf(from.Value) is { } until ? BronzeEvents.Literal(until) : "timestamptz 'infinity'";
            string within = EndOf(from.Value) <= last ? "" : $"and {UntilLast}";
            yield return Copy(
                $"event_time >= {since} and event_time < {end} and known_at >= {since} and known_at < {end} {within}",
                "order by known_at"
            );
        }
    }

    /// <summary>The events that became known in another slice than that in which they happened: of a file's there are none.</summary>
    public IEnumerable<string> Strays() =>
        [
            Copy(
                $"known_at <> event_time and {SliceOf("known_at")} <> {SliceOf("event_time")} and {UntilLast}",
                "order by known_at"
            ),
        ];

    private string UntilLast => $"known_at <= {BronzeEvents.Literal(last)}";

    private string Copy(string which, string order) =>
        $"""
            copy (
                select event_id, event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session,
                    known_at
                from bronze.validated_event
                where {which} and received_at <= {BronzeEvents.Literal(asOf)}
                {order}
            ) to stdout (format binary)
            """;

    /// <summary>When the slice begins in which a time lies; what lies before the first has one slice of its own.</summary>
    private string SliceOf(string time)
    {
        string begin = BronzeEvents.Literal(Begin);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"date_bin(interval '{_days} days', greatest({time}, {begin} - interval '1 microsecond'), {begin})"
        );
    }

    /// <summary>Null where the calendar ends.</summary>
    private DateTime? EndOf(DateTime from) => (DateTime.MaxValue - from).Days >= _days ? from.AddDays(_days) : null;
}
