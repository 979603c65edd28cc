using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>Events that come in another order than they happened, as from a feed that is keyed by a primary key.</summary>
public sealed class EventTimeTests(Servers servers)
{
    private const int Partitions = 12;
    private const int Events = 20_000;

    private static readonly TimeSpan Unit = SessionView.DefaultLateness / 30;
    private static readonly DateTime Start = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_backlog_that_is_keyed_by_primary_key_counts_each_visit_in_the_order_of_its_events()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        Random random = new(1);
        TopicMessage<BehaviorEvent>[] backlog = Backlog(random, Visits(random, Events));

        // As Kafka gives a backlog away: much of one partition, then much of another.
        foreach (
            TopicMessage<BehaviorEvent>[] batch in backlog
                .GroupBy(message => message.Partition / 3)
                .SelectMany(some => some.Chunk(4_000))
        )
        {
            await host.TakeAsync(batch);
        }

        Assert.Equal((Events, 0), await WrongPlacesAsync(host.Database));
        Assert.Equal("", await WrongCountsAsync(host, backlog));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_the_order_the_batches_and_the_hosts_each_event_has_its_place(int seed)
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using FeatureHost first = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        await using FeatureHost second = await FeatureHost.StartAsync(postgres, redis.ConnectionString);
        Random random = new(seed);
        TopicMessage<BehaviorEvent>[] backlog = Backlog(random, Visits(random, 600));
        await first.AssignAsync(0, 1, 2, 3, 4, 5);
        await second.AssignAsync(6, 7, 8, 9, 10, 11);

        await Task.WhenAll(
            RunAsync(first, backlog.Where(message => message.Partition < 6), random.Next()),
            RunAsync(second, backlog.Where(message => message.Partition >= 6), random.Next())
        );

        Assert.Equal((600, 0), await WrongPlacesAsync(first.Database));
        Assert.Equal("", await WrongCountsAsync(first, backlog));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_later_than_the_lateness_counts_and_leaves_no_place_twice()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using FeatureHost host = await FeatureHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        // Event times in the order of arrival, in units of which 30 are the lateness. One a batch, then all that is left at once.
        int[] times = [100, 110, 10, 120, 105, 0, 95, 115, 5, 150, 130, 99];
        TopicMessage<BehaviorEvent>[] messages = [.. times.Select((time, i) => Message(i, "s", Start + (time * Unit)))];
        for (int i = 0; i < 7; i++)
        {
            await host.TakeAsync(messages[i]);
        }

        await host.TakeAsync(messages[7..]);

        Assert.Equal(
            Enumerable.Range(1, times.Length),
            (await PlacesAsync(host.Database)).Select(row => row.Place).Order()
        );
        // 10, 0, 5 and 99 came too late, each as if just before what was remembered then.
        Assert.Equal(
            [10, 0, 5, 95, 100, 105, 110, 115, 99, 120, 130, 150],
            (await PlacesAsync(host.Database)).OrderBy(row => row.Place).Select(row => row.Time)
        );
    }

    /// <summary>Visits of up to two hours, each event at a time of its own, in the order of time.</summary>
    private static List<(string Session, DateTime Time)> Visits(Random random, int events)
    {
        List<(string Session, DateTime Time)> visits = [];
        for (int visit = 0; visits.Count < events; visit++)
        {
            DateTime begin = Start.AddSeconds(random.Next(6 * 3_600));
            int count = Math.Min(events - visits.Count, 1 + random.Next(25));
            visits.AddRange(
                Enumerable
                    .Range(0, count)
                    .Select(i => ($"s{visit}", begin.AddMilliseconds((random.Next(7_190) * 1_000) + i)))
            );
        }

        return [.. visits.OrderBy(e => e.Time)];
    }

    /// <summary>The events as rows of a table, keyed by their number: a session's lie in any partition.</summary>
    private static TopicMessage<BehaviorEvent>[] Backlog(Random random, List<(string Session, DateTime Time)> events)
    {
        long[] offsets = new long[Partitions];
        return
        [
            .. events.Select(
                (e, i) =>
                {
                    int partition = random.Next(Partitions);
                    return Message(i, e.Session, e.Time, partition, offsets[partition]++);
                }
            ),
        ];
    }

    private static TopicMessage<BehaviorEvent> Message(int number, string session, DateTime time) =>
        Message(number, session, time, 0, number);

    private static TopicMessage<BehaviorEvent> Message(
        int number,
        string session,
        DateTime time,
        int partition,
        long offset
    )
    {
        string source = $"test/{partition}";
        BehaviorEvent e = new()
        {
            EventId = EventId.At(1, number + 1),
            EventTime = time,
            EventType = (BehaviorEventType)(number % 4),
            ProductId = $"p{number % 50}",
            Price = 1,
            UserId = $"u-{session}",
            UserSession = session,
            Source = source,
            Position = number + 1,
            ReceivedAt = Start,
            ValidatedAt = Start,
        };
        return new(partition, offset, [], e, new MessageOrigin(source, number + 1, time), null);
    }

    private static Task RunAsync(FeatureHost host, IEnumerable<TopicMessage<BehaviorEvent>> messages, int seed) =>
        Task.Run(
            async () =>
            {
                Random random = new(seed);
                // Each partition in its order, the partitions in any.
                Queue<TopicMessage<BehaviorEvent>>[] queues =
                [
                    .. messages
                        .GroupBy(message => message.Partition)
                        .Select(some => new Queue<TopicMessage<BehaviorEvent>>(some)),
                ];
                while (Array.FindAll(queues, queue => queue.Count > 0) is { Length: > 0 } left)
                {
                    List<TopicMessage<BehaviorEvent>> batch = [];
                    for (
                        int wanted = 1 + random.Next(60);
                        wanted > 0
                            && left[random.Next(left.Length)].TryDequeue(out TopicMessage<BehaviorEvent> message);
                        wanted--
                    )
                    {
                        batch.Add(message);
                    }

                    if (batch.Count > 0)
                    {
                        await host.TakeAtLastAsync([.. batch]);
                    }
                }
            },
            Cancelled
        );

    /// <summary>Rows, and those whose count is not their place by event time.</summary>
    private static async Task<(long Rows, long Wrong)> WrongPlacesAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            select count(*), count(*) filter (where activity_count <> place)
            from (select activity_count, row_number() over (partition by user_session order by event_time) as place from features.session_event) p
            """
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Cancelled);
        await reader.ReadAsync(Cancelled);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Online, a session has as many events as were sent, and is where the newest left it.</summary>
    private static async Task<string> WrongCountsAsync(FeatureHost host, TopicMessage<BehaviorEvent>[] messages)
    {
        Oracle oracle = new();
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            oracle.Add(message.Value);
        }

        return await oracle.DifferenceToSessionCountsAsync(await host.Redis.DatabaseAsync());
    }

    private static async Task<List<(int Time, int Place)>> PlacesAsync(NpgsqlDataSource database)
    {
        List<(int Time, int Place)> places = [];
        await using NpgsqlCommand command = database.CreateCommand(
            "select event_time, activity_count from features.session_event"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Cancelled);
        while (await reader.ReadAsync(Cancelled))
        {
            places.Add(((int)((reader.GetDateTime(0) - Start) / Unit), reader.GetInt32(1)));
        }

        return places;
    }
}
