using System.Text;
using Confluent.Kafka;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>The contract on the embedded cluster, and what only that one has to bear.</summary>
public sealed class TransportTests(Servers servers) : TransportContract(servers)
{
    [Fact(Timeout = 120_000)]
    public async Task More_than_the_embedded_log_holds_waits_for_a_slow_reader_and_nothing_is_dropped()
    {
        Numbers numbers = new() { Held = true };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis, ("Kafka:EmbeddedBacklogBytes", "65536"));
        byte[] padding = Encoding.UTF8.GetBytes(new string('x', 2_000));

        Task sending = host.Producer.SendAsync(
            Topic,
            [
                .. Enumerable
                    .Range(0, 2_000)
                    .Select(i => new OutgoingMessage(
                        "one"u8.ToArray(),
                        [.. Encoding.UTF8.GetBytes($"{i} "), .. padding]
                    )),
            ],
            Cancelled
        );
        await Poll.UntilAsync(() => Task.FromResult(numbers.Waiting), TimeSpan.FromSeconds(60), "nothing came");
        Assert.False(sending.IsCompleted);
        numbers.Release();
        await sending;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(2_000, numbers.Processed.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_hosts_share_the_room_of_the_embedded_log()
    {
        Numbers numbers = new() { Held = true };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await CreateDatabaseAsync();
        await using PipelineHost first = await StartAsync(
            numbers,
            redis,
            database,
            ("Kafka:EmbeddedBacklogBytes", "65536")
        );
        await using PipelineHost second = await StartAsync(
            numbers,
            redis,
            database,
            ("Kafka:EmbeddedBacklogBytes", "65536")
        );
        await Poll.UntilAsync(
            () =>
                Task.FromResult(
                    new[] { first, second }.All(host => host.Services.GetRequiredService<KafkaCluster>().Hosts == 2)
                ),
            TimeSpan.FromSeconds(60),
            "the hosts do not know of each other"
        );

        Task[] sending = [SendManyAsync(first, 0), SendManyAsync(second, 1_000)];
        LogEnds logs = first.Services.GetRequiredService<LogEnds>();
        long inLog = 0;
        long since = 0;
        await Poll.UntilAsync(
            async () =>
            {
                long now = (await logs.OfAsync(Topic, Cancelled)).Sum();
                since = now == inLog && now > 0 ? since : TimeProvider.System.GetTimestamp();
                inLog = now;
                return TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(1);
            },
            TimeSpan.FromSeconds(60),
            "the senders do not wait"
        );
        Assert.InRange(inLog * 2_000, 32_000, 65_536);
        numbers.Release();
        await Task.WhenAll(sending);
        await first.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(200, numbers.Processed.Count);

        static Task SendManyAsync(PipelineHost host, int from) =>
            host.Producer.SendAsync(
                Topic,
                [
                    .. Enumerable
                        .Range(from, 100)
                        .Select(i => new OutgoingMessage(
                            "one"u8.ToArray(),
                            Encoding.UTF8.GetBytes($"{i} ".PadRight(2_000, 'x'))
                        )),
                ],
                Cancelled
            );
    }

    [Fact(Timeout = 120_000)]
    public async Task Messages_that_come_one_by_one_are_processed_together_and_the_log_of_their_batches_stays_short()
    {
        Numbers numbers = new();
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);

        for (int i = 0; i < 600; i++)
        {
            await host.Producer.SendAsync(
                Topic,
                [new OutgoingMessage("one"u8.ToArray(), Encoding.UTF8.GetBytes($"{i} "))],
                Cancelled
            );
        }

        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(Enumerable.Range(0, 600), numbers.Order);
        // Each call waits for its acknowledgement, which takes some milliseconds; a batch begins each 20 ms.
        Assert.InRange(numbers.Batches, 1, 400);
        using IConsumer<Ignore, Ignore> reader = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig
            {
                BootstrapServers = host.Services.GetRequiredService<KafkaCluster>().Embedded!.BootstrapServers,
                GroupId = "lengths",
            }
        ).Build();
        WatermarkOffsets[] logs =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(partition =>
                    reader.QueryWatermarkOffsets(new TopicPartition(Topic, partition), TimeSpan.FromSeconds(10))
                ),
        ];
        Assert.Equal(600, logs.Sum(log => log.High));
        Assert.InRange(logs.Sum(log => log.High - log.Low), 16, 100);
    }

    protected override Task<string> BootstrapServersAsync() => Task.FromResult("embedded");
}
