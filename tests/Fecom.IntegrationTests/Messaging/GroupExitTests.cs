using System.Diagnostics;
using Confluent.Kafka;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>A consumer leaves its group within a time, also when its cluster is gone: the library's own close then waits for ever, in one of eight consumers.</summary>
public sealed class GroupExitTests
{
    private const string Topic = "numbers";
    private const int Messages = 600;
    private const int Members = 8;
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(2);

    [Fact(Timeout = 120_000)]
    public async Task Consumers_whose_cluster_is_gone_leave_within_their_time_and_are_freed()
    {
        KafkaLibrary.Load();
        for (int round = 0; round < 2; round++)
        {
            using EmbeddedKafka kafka = Filled();
            using CancellationTokenSource stop = new();
            Task<Exit>[] members = Read(kafka, stop.Token, out CountdownEvent reading);
            using (reading)
            {
                Assert.True(reading.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            }

            kafka.Dispose();
            await stop.CancelAsync();
            Exit[] exits = await Task.WhenAll(members)
                .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

            Assert.All(exits, exit => Assert.InRange(exit.Took, TimeSpan.Zero, TimeSpan.FromSeconds(20)));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_consumer_that_leaves_has_committed_its_offsets_and_the_next_one_continues_there()
    {
        KafkaLibrary.Load();
        using EmbeddedKafka kafka = Filled();
        using CancellationTokenSource stop = new();
        Task<Exit>[] members = Read(kafka, stop.Token, out CountdownEvent reading);
        using (reading)
        {
            Assert.True(reading.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        }

        await stop.CancelAsync();
        Exit[] exits = await Task.WhenAll(members)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.All(exits, exit => Assert.True(exit.Left));
        foreach (IGrouping<string, Exit> group in exits.GroupBy(exit => exit.Group))
        {
            using IConsumer<byte[], byte[]> next = Consumer(kafka, group.Key).Build();
            List<TopicPartitionOffset> committed = next.Committed(
                [.. Enumerable.Range(0, 6).Select(partition => new TopicPartition(Topic, partition))],
                TimeSpan.FromSeconds(30)
            );
            Assert.Equal(group.Sum(exit => exit.Stored), committed.Sum(offset => Math.Max(0, offset.Offset.Value)));
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_consumer_that_could_not_say_where_it_starts_leaves_within_its_time(bool lost)
    {
        KafkaLibrary.Load();
        using EmbeddedKafka kafka = Filled();
        Task<TimeSpan> exit = Task.Factory.StartNew(
            () =>
            {
                using IConsumer<byte[], byte[]> consumer = Consumer(kafka, "group")
                    .SetPartitionsAssignedHandler(
                        IEnumerable<TopicPartitionOffset> (_, _) => throw new InvalidOperationException("no offsets")
                    )
                    .Build();
                consumer.Subscribe(Topic);
                // The handler's exception is thrown at the end of the read in which it ran.
                Assert.ThrowsAny<InvalidOperationException>(() =>
                {
                    for (int reads = 0; reads < 100; reads++)
                    {
                        _ = consumer.Consume(TimeSpan.FromMilliseconds(500));
                    }
                });
                if (lost)
                {
                    kafka.Dispose();
                }

                long start = Stopwatch.GetTimestamp();
                _ = GroupExit.TryLeave(consumer, LeaveTime, TimeProvider.System);
                consumer.Dispose();
                return Stopwatch.GetElapsedTime(start);
            },
            TaskCreationOptions.LongRunning
        );

        TimeSpan took = await exit.WaitAsync(TimeSpan.FromSeconds(100), TestContext.Current.CancellationToken);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    private static Task<Exit>[] Read(EmbeddedKafka kafka, CancellationToken stop, out CountdownEvent reading)
    {
        CountdownEvent started = new(Members);
        reading = started;
        return
        [
            .. Enumerable
                .Range(0, Members)
                .Select(member =>
                    Task.Factory.StartNew(
                        () => Read(kafka, $"group-{member}", 20 + (7 * member), started, stop),
                        TaskCreationOptions.LongRunning
                    )
                ),
        ];
    }

    /// <summary>Reads and stores offsets until it is stopped, then leaves.</summary>
    private static Exit Read(
        EmbeddedKafka kafka,
        string group,
        int enough,
        CountdownEvent started,
        CancellationToken stop
    )
    {
        using IConsumer<byte[], byte[]> consumer = Consumer(kafka, group).Build();
        consumer.Subscribe(Topic);
        int stored = 0;
        while (!stop.IsCancellationRequested)
        {
            if (consumer.Consume(50) is { } message)
            {
                consumer.StoreOffset(message);
                if (++stored == enough)
                {
                    started.Signal();
                }
            }
        }

        long start = Stopwatch.GetTimestamp();
        bool left = GroupExit.TryLeave(consumer, LeaveTime, TimeProvider.System);
        consumer.Dispose();
        return new Exit(group, stored, left, Stopwatch.GetElapsedTime(start));
    }

    private static ConsumerBuilder<byte[], byte[]> Consumer(EmbeddedKafka kafka, string group) => new ConsumerBuilder<
            byte[],
            byte[]
        >(
            new ConsumerConfig
            {
                BootstrapServers = kafka.BootstrapServers,
                GroupId = group,
                AutoOffsetReset = AutoOffsetReset.Earliest,
                EnableAutoOffsetStore = false,
                AutoCommitIntervalMs = 200,
                SessionTimeoutMs = 3_000,
                HeartbeatIntervalMs = 500,
                PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            }
        ).SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).SetPartitionsRevokedHandler((_, _) => { });

    private static EmbeddedKafka Filled()
    {
        EmbeddedKafka kafka = new();
        kafka.CreateTopic(Topic, partitions: 6);
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers }
        ).Build();
        for (int i = 0; i < Messages; i++)
        {
            producer.Produce(
                Topic,
                new Message<byte[], byte[]> { Key = BitConverter.GetBytes(i), Value = new byte[100] }
            );
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        return kafka;
    }

    private sealed record Exit(string Group, int Stored, bool Left, TimeSpan Took);
}
