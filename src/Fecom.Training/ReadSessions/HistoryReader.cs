using System.Globalization;
using Fecom.Contracts;
using Npgsql;
using NpgsqlTypes;

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
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBinaryExporter rows = await connection.BeginBinaryExportAsync(
            $"""
            copy (
                select {Columns} from bronze.validated_event where {(source.WithoutSample ? "not sample" : "true")}
                order by known_at, event_time, position, event_id
            ) to stdout (format binary)
            """,
            cancellationToken
        );
        rows.Timeout = Timeout.InfiniteTimeSpan;
        long events = 0;
        while (await rows.StartRowAsync(cancellationToken) != -1)
        {
            BehaviorEvent e = await ReadEventAsync(rows, cancellationToken);
            fingerprint.Add(e);
            take(e);
            if (++events % Stride == 0)
            {
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
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBinaryExporter rows = await connection.BeginBinaryExportAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                copy (
                    select {Columns} from bronze.validated_event where received_at <= '{until:yyyy-MM-dd HH:mm:ss.ffffff}+00'
                    order by received_at, position, event_id
                ) to stdout (format binary)
                """
            ),
            cancellationToken
        );
        rows.Timeout = Timeout.InfiniteTimeSpan;
        long events = 0;
        while (await rows.StartRowAsync(cancellationToken) != -1)
        {
            take(await ReadEventAsync(rows, cancellationToken));
            if (++events % Stride == 0)
            {
                progress(events);
            }
        }
    }

    private static async ValueTask<BehaviorEvent> ReadEventAsync(
        NpgsqlBinaryExporter rows,
        CancellationToken cancellationToken
    )
    {
        Guid id = await rows.ReadAsync<Guid>(cancellationToken);
        DateTime time = await rows.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancellationToken);
        DateTime received = await rows.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancellationToken);
        string type = await rows.ReadAsync<string>(cancellationToken);
        return new BehaviorEvent
        {
            EventId = id,
            EventTime = time,
            ReceivedAt = received,
            ValidatedAt = received,
            EventType = BehaviorEventTypes.TryParse(type, out BehaviorEventType eventType)
                ? eventType
                : throw new InvalidDataException($"Bronze holds an event of type '{type}'."),
            ProductId = await rows.ReadAsync<string>(cancellationToken),
            CategoryId = await SessionReader.ReadTextAsync(rows, cancellationToken),
            CategoryCode = await SessionReader.ReadTextAsync(rows, cancellationToken),
            Brand = await SessionReader.ReadTextAsync(rows, cancellationToken),
            Price = await rows.ReadAsync<decimal>(cancellationToken),
            UserId = await rows.ReadAsync<string>(cancellationToken),
            UserSession = await rows.ReadAsync<string>(cancellationToken),
            Source = await rows.ReadAsync<string>(cancellationToken),
            Position = await rows.ReadAsync<long>(cancellationToken),
        };
    }
}
