using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Training.ReadSessions;
using Fecom.Warehouse;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>What training reads of bronze: each session's events in the order in which they happened, whatever the order in which they came.</summary>
public sealed class SessionReaderTests(Servers servers)
{
    private static readonly string?[] Paths = [null, "", "a", "a.b", "a.b.c.d"];
    private static readonly DateTime Start = new(2026, 3, 3, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Each_event_has_its_place_by_event_time_and_the_features_that_it_has_there()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        BehaviorEvent[] events = [.. Events(new Random(5)).OrderBy(e => e.EventId)];
        await WriteAsync(database, events);

        (List<SessionRow[]> sessions, ReadProgress read) = await ReadAsync(database);

        SessionRow[][] expected =
        [
            .. events
                .GroupBy(e => e.UserSession)
                .OrderBy(session => session.Key, StringComparer.Ordinal)
                .Select(session => session.OrderBy(e => e.EventTime).Select(Row).ToArray()),
        ];
        Assert.Equal(expected, sessions);
        Assert.Equal((40, 800, 800), (read.Sessions, read.Events, read.Total));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_same_events_in_another_order_have_the_same_fingerprint_and_one_more_has_another()
    {
        await using NpgsqlDataSource first = await OpenAsync();
        await using NpgsqlDataSource second = await OpenAsync();
        BehaviorEvent[] events = [.. Events(new Random(6))];
        await WriteAsync(first, events);
        new Random(7).Shuffle(events);
        await WriteAsync(second, events);

        string? fingerprint = (await ReadAsync(first)).Read.Fingerprint;
        Assert.Equal(fingerprint, (await ReadAsync(second)).Read.Fingerprint);

        await WriteAsync(second, [events[0] with { EventId = EventId.At(9, 9), EventTime = Start.AddDays(3) }]);
        Assert.NotEqual(fingerprint, (await ReadAsync(second)).Read.Fingerprint);
    }

    [Fact(Timeout = 120_000)]
    public async Task Events_of_one_moment_come_as_they_were_received_and_in_the_order_of_their_source()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        BehaviorEvent e = Events(new Random(8)).First();
        BehaviorEvent[] atOnce =
        [
            .. Enumerable
                .Range(0, 50)
                .Select(i =>
                    e with
                    {
                        EventId = EventId.At((ulong)new Random(i).NextInt64(), i),
                        ProductId = $"p{i}",
                        ReceivedAt = Start.AddDays(1).AddSeconds(i / 10),
                        Position = i,
                    }
                ),
        ];
        await WriteAsync(database, [.. atOnce.OrderBy(one => one.EventId)]);

        SessionRow[] session = Assert.Single((await ReadAsync(database)).Sessions);

        Assert.Equal(atOnce.Select(one => one.ProductId), session.Select(row => row.ProductId));
    }

    /// <summary>A transaction that lasts as long as a training would keep vacuum from tables that are written all the time.</summary>
    [Fact(Timeout = 120_000)]
    public async Task No_transaction_is_open_while_somebody_learns_from_what_was_read()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        // More than lies in the buffers between PostgreSQL and its client.
        await using (
            NpgsqlCommand fill = database.CreateCommand(
                """
                insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, price, user_id,
                    user_session, source)
                select $1 + i * interval '1 second', $1, $1, gen_random_uuid(), i, 'view', 'p' || i, 1, 'u' || i, repeat('s', 60) || i / 5, 'api'
                from generate_series(1, 150000) i
                """
            )
        )
        {
            fill.Parameters.Add(new() { Value = Start });
            await fill.ExecuteNonQueryAsync(Cancelled);
        }

        SessionReader sessions = new(database);
        HistoryReader history = new(database, sessions);
        List<long> open = [];
        long first = 0;

        await sessions.ReadAsync(_ => LookOnce(), _ => { }, Cancelled);
        first = 0;
        await history.ReadAsync(_ => LookOnce(), _ => { }, Cancelled);
        first = 0;
        await history.ReadReceivedAsync(Start, _ => LookOnce(), _ => { }, Cancelled);

        Assert.Equal([0, 0, 0], open);
        Assert.Equal(150_000, first);

        void LookOnce()
        {
            if (first++ == 0)
            {
                using NpgsqlCommand look = database.CreateCommand(
                    """
                    select count(*) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
                        and (backend_xmin is not null or xact_start is not null)
                    """
                );
                open.Add((long)look.ExecuteScalar()!);
            }
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_kind_of_value_is_read_as_it_was_written()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        string[] prices =
        [
            "0",
            "0.00",
            "1",
            "10000",
            "10000.00",
            "0.0001",
            "0.00010",
            "12345678901234567890.1234",
            "-3.50",
            "99999999.9999",
        ];
        BehaviorEvent[] events =
        [
            .. Events(new Random(10))
                .Zip(prices, (e, price) => e with { Price = decimal.Parse(price, CultureInfo.InvariantCulture) }),
        ];
        events[0] = events[0] with { ProductId = "đ\n\"", Brand = new string('b', 3_000_000), CategoryCode = "" };
        await WriteAsync(database, events);
        List<BehaviorEvent> read = [];

        await new HistoryReader(database, new SessionReader(database)).ReadAsync(read.Add, _ => { }, Cancelled);

        Assert.Equal(
            events.Select(e => e with { ValidatedAt = e.ReceivedAt }).OrderBy(e => e.ReceivedAt),
            read.OrderBy(e => e.ReceivedAt)
        );
        Assert.Equal(
            prices,
            read.OrderBy(e => e.ReceivedAt).Select(e => e.Price.ToString(CultureInfo.InvariantCulture))
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task What_was_loaded_from_a_file_was_known_when_it_happened_and_the_sample_is_marked()
    {
        await using NpgsqlDataSource database = await OpenAsync();
        BehaviorEvent live = Events(new Random(9)).First();
        await WriteAsync(
            database,
            [
                live,
                live with
                {
                    EventId = EventId.At(2, 1),
                    Source = "file:events.csv@1",
                },
                live with
                {
                    EventId = EventId.At(2, 2),
                    Source = BehaviorEvent.SampleSource,
                },
            ]
        );

        List<(DateTime Known, bool Sample)> rows = [];
        await using NpgsqlCommand command = database.CreateCommand(
            "select known_at, sample from bronze.validated_event order by source"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Cancelled);
        while (await reader.ReadAsync(Cancelled))
        {
            rows.Add((reader.GetDateTime(0), reader.GetBoolean(1)));
        }

        Assert.Equal([(live.ReceivedAt, false), (live.EventTime, false), (live.EventTime, true)], rows);
    }

    private async Task<NpgsqlDataSource> OpenAsync()
    {
        NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await new Migrator(
            database,
            [new("platform", typeof(MessagingRegistration).Assembly), new("bronze", typeof(WarehouseModule).Assembly)],
            NullLogger<Migrator>.Instance
        ).MigrateAsync(Cancelled);
        return database;
    }

    private static async Task<(List<SessionRow[]> Sessions, ReadProgress Read)> ReadAsync(NpgsqlDataSource database)
    {
        List<SessionRow[]> sessions = [];
        ReadProgress read = await new SessionReader(database).ReadAsync(
            session => sessions.Add(session.ToArray()),
            _ => { },
            Cancelled
        );
        return (sessions, read);
    }

    /// <summary>Forty sessions of twenty events, each at a moment of its own, received in the order of their numbers.</summary>
    private static IEnumerable<BehaviorEvent> Events(Random random)
    {
        int[] seconds = [.. Enumerable.Range(0, 800)];
        random.Shuffle(seconds);
        for (int i = 0; i < seconds.Length; i++)
        {
            yield return new()
            {
                EventId = EventId.At((ulong)random.NextInt64(), i + 1),
                EventTime = Start.AddMinutes(seconds[i]),
                EventType = (BehaviorEventType)random.Next(4),
                ProductId = $"p{random.Next(50)}",
                CategoryId = random.Next(2) == 0 ? null : "c",
                CategoryCode = Paths[random.Next(Paths.Length)],
                Brand = random.Next(2) == 0 ? null : "b",
                Price = random.Next(1, 10_000) / 100m,
                UserId = $"u{i % 3}",
                UserSession = $"s{i % 40}",
                Source = "api",
                Position = i + 1,
                ReceivedAt = Start.AddDays(1).AddSeconds(i),
                ValidatedAt = Start.AddDays(1),
            };
        }
    }

    private static SessionRow Row(BehaviorEvent e, int before) =>
        new(
            e.EventTime,
            e.EventType,
            e.ProductId,
            e.CategoryId,
            SessionFeatures.Of(before + 1, e.EventTime, e.CategoryCode, e.Price, e.Brand),
            CategoryLevels.RestOf(e.CategoryCode),
            e.ReceivedAt,
            e.UserId
        );

    private static async Task WriteAsync(NpgsqlDataSource database, BehaviorEvent[] events)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        foreach (BehaviorEvent e in events)
        {
            batch.BatchCommands.Add(
                new(
                    """
                    insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id,
                        category_id, category_code, brand, price, user_id, user_session, source)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = e.EventTime },
                        new() { Value = e.ReceivedAt },
                        new() { Value = e.ValidatedAt },
                        new() { Value = e.EventId },
                        new() { Value = e.Position },
                        new() { Value = e.EventType.Name() },
                        new() { Value = e.ProductId },
                        new() { Value = (object?)e.CategoryId ?? DBNull.Value },
                        new() { Value = (object?)e.CategoryCode ?? DBNull.Value },
                        new() { Value = (object?)e.Brand ?? DBNull.Value },
                        new() { Value = e.Price },
                        new() { Value = e.UserId },
                        new() { Value = e.UserSession },
                        new() { Value = e.Source },
                    },
                }
            );
        }

        await batch.ExecuteNonQueryAsync(Cancelled);
    }
}
