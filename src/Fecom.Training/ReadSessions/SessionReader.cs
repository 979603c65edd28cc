using System.Globalization;
using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Training.ReadSessions;

/// <summary>How far reading got.</summary>
/// <param name="Sessions">Sessions that were read.</param>
/// <param name="Events">Events that were read.</param>
/// <param name="Total">Events that there were when it began.</param>
/// <param name="Source">Whose events they are.</param>
/// <param name="Fingerprint">Hash over all that was read; null before the end.</param>
internal readonly record struct ReadProgress(
    long Sessions,
    long Events,
    long Total,
    TrainingEvents Source = default,
    string? Fingerprint = null
)
{
    /// <summary>The run's metric that says how many of its events were the sample's.</summary>
    public const string SampleMetric = "sample_events";

    /// <summary>The run's metric that says how much it has learned from.</summary>
    public const string EventsMetric = "events";

    public double Share => Total == 0 ? 1 : Math.Min(1, (double)Events / Total);

    public IReadOnlyDictionary<string, double> AsMetric =>
        new Dictionary<string, double>(StringComparer.Ordinal)
        {
            [EventsMetric] = Events,
            [SampleMetric] = Source.IsOfSample ? Source.Sample : 0,
        };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"read {Events:N0} of {Math.Max(Events, Total):N0} events");
}

/// <summary>Reads the events of bronze session by session; one session is in memory at a time.</summary>
internal sealed class SessionReader(NpgsqlDataSource database)
{
    /// <summary>Passes on each session's events in the order in which they happened, those of one moment as they were received; the sample's only while the shop has too few of its own.</summary>
    /// <param name="take">Takes a session; the rows are its own until it returns.</param>
    /// <param name="progress">Called every 10,000 sessions and at the end.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<ReadProgress> ReadAsync(
        Action<ReadOnlySpan<SessionRow>> take,
        Action<ReadProgress> progress,
        CancellationToken cancellationToken
    )
    {
        TrainingEvents source = await CountAsync(cancellationToken);
        using DataFingerprint fingerprint = new();
        long total = source.Learned;
        using SpooledRows rows = await SpooledRows.ReadAsync(
            database,
            $"""
            select user_session, event_time, event_type, product_id, category_id, category_code, price, brand, received_at, user_id
            from bronze.validated_event
            where {(source.WithoutSample ? "not sample" : "true")}
            order by user_session collate "C", event_time, received_at, position, event_id
            """,
            cancellationToken
        );
        List<SessionRow> session = [];
        string? current = null;
        long sessions = 0;
        long events = 0;
        while (rows.Next())
        {
            string id = rows.ReadText();
            if (current is not null && current != id)
            {
                take(CollectionsMarshal.AsSpan(session));
                session.Clear();
                if (++sessions % 10_000 == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress(new ReadProgress(sessions, events, total));
                }
            }

            current = id;
            SessionRow row = ReadRow(rows, place: session.Count + 1);
            fingerprint.Add(id, row);
            session.Add(row);
            events++;
        }

        if (session.Count > 0)
        {
            take(CollectionsMarshal.AsSpan(session));
            sessions++;
        }

        ReadProgress all = new(sessions, events, total, source, fingerprint.Finish());
        progress(all);
        return all;
    }

    /// <summary>Events in bronze.</summary>
    public async Task<TrainingEvents> CountAsync(CancellationToken cancellationToken)
    {
        (long own, long sample) = await database.ReadAsync<(long, long)>(
            "select count(*) filter (where not sample), count(*) filter (where sample) from bronze.validated_event",
            null,
            cancellationToken,
            TimeSpan.Zero
        );
        return new TrainingEvents(Own: own, Sample: sample);
    }

    /// <param name="rows">Stands at the event's time.</param>
    /// <param name="place">The event's place in its session, from 1.</param>
    private static SessionRow ReadRow(SpooledRows rows, int place)
    {
        DateTime time = rows.ReadTime();
        string type = rows.ReadText();
        string product = rows.ReadText();
        string? category = rows.FindText();
        string? path = rows.FindText();
        decimal price = rows.ReadNumeric();
        string? brand = rows.FindText();
        DateTime received = rows.ReadTime();
        return BehaviorEventTypes.TryParse(type, out BehaviorEventType eventType)
            ? new SessionRow(
                time,
                eventType,
                product,
                category,
                SessionFeatures.Of(place, time, path, price, brand),
                CategoryLevels.RestOf(path),
                received,
                rows.ReadText()
            )
            : throw new InvalidDataException($"Bronze holds an event of type '{type}'.");
    }
}
