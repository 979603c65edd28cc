using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Features;

/// <summary>Events that come in another order than they happened, as from a feed that is keyed by a primary key.</summary>
public sealed class EventTimeTests(Servers servers)
{
    private const int Partitions = 12;
    private const int Events = 20_000;

    private static readonly DateTime Start = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_backlog_that_is_keyed_by_primary_key_leaves_each_visit_where_its_newest_event_left_it()
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

        Assert.Equal("", await WrongCountsAsync(host, backlog));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_the_order_the_batches_and_the_hosts_each_event_counts_once(int seed)
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

        Assert.Equal("", await WrongCountsAsync(first, backlog));
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

    /// <summary>Online, everything is as if the events had come in their order.</summary>
    private static async Task<string> WrongCountsAsync(FeatureHost host, TopicMessage<BehaviorEvent>[] messages)
    {
        Oracle oracle = new();
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            oracle.Add(message.Value);
        }

        return await oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync());
    }
}
