using System.Globalization;
using Fecom.Contracts;
using Npgsql;

namespace Fecom.Training.ReadSessions;

/// <summary>Reads the events of bronze in the order in which they became known; one is in memory at a time.</summary>
internal sealed class HistoryReader(NpgsqlDataSource database, SessionReader sessions)
{
    /// <summary>Events between two reports.</summary>
    private const int Stride = 100_000;

    private const string Columns = """
        event_id, event_time, received_at, event_type, product_id, category_id, category_code, brand, price, user_id, user_session, source,
        position
        """;

    /// <summary>Passes on each event; the sample's only while the shop has too few of its own.</summary>
    /// <param name="take">Takes an event.</param>
    /// <param name="progress">Called every 100,000 events and at the end.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<ReadProgress> ReadAsync(
        Action<BehaviorEvent> take,
        Action<ReadProgress> progress,
        CancellationToken cancellationToken
    )
    {
        TrainingEvents source = await sessions.CountAsync(cancellationToken);
        using DataFingerprint fingerprint = new();
        using SpooledRows rows = await SpooledRows.ReadAsync(
            database,
            $"""
            select {Columns} from bronze.validated_event where {(source.WithoutSample ? "not sample" : "true")}
            order by known_at, event_time, position, event_id
            """,
            cancellationToken
        );
        long events = 0;
        while (rows.Next())
        {
            BehaviorEvent e = ReadEvent(rows);
            fingerprint.Add(e);
            take(e);
            if (++events % Stride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress(new ReadProgress(0, events, source.Learned));
            }
        }

        ReadProgress all = new(0, events, source.Learned, source, fingerprint.Finish());
        progress(all);
        return all;
    }

    /// <summary>Passes on each event in the order of receipt, as the online store had them: the sample's too.</summary>
    /// <param name="until">Those received later are left out, UTC.</param>
    /// <param name="take">Takes an event.</param>
    /// <param name="progress">Hears every 100,000 events how many there were.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task ReadReceivedAsync(
        DateTime until,
        Action<BehaviorEvent> take,
        Action<long> progress,
        CancellationToken cancellationToken
    )
    {
        using SpooledRows rows = await SpooledRows.ReadAsync(
            database,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                select {Columns} from bronze.validated_event where received_at <= '{until:yyyy-MM-dd HH:mm:ss.ffffff}+00'
                order by received_at, position, event_id
                """
            ),
            cancellationToken
        );
        long events = 0;
        while (rows.Next())
        {
            take(ReadEvent(rows));
            if (++events % Stride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress(events);
            }
        }
    }

    private static BehaviorEvent ReadEvent(SpooledRows rows)
    {
        Guid id = rows.ReadGuid();
        DateTime time = rows.ReadTime();
        DateTime received = rows.ReadTime();
        string type = rows.ReadText();
        return new BehaviorEvent
        {
            EventId = id,
            EventTime = time,
            ReceivedAt = received,
            ValidatedAt = received,
            EventType = BehaviorEventTypes.TryParse(type, out BehaviorEventType eventType)
                ? eventType
                : throw new InvalidDataException($"Bronze holds an event of type '{type}'."),
            ProductId = rows.ReadText(),
            CategoryId = rows.FindText(),
            CategoryCode = rows.FindText(),
            Brand = rows.FindText(),
            Price = rows.ReadNumeric(),
            UserId = rows.ReadText(),
            UserSession = rows.ReadText(),
            Source = rows.ReadText(),
            Position = rows.ReadLong(),
        };
    }
}
