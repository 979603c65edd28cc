using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Topics whose numbers of partitions differ, or grow: every event is in bronze once, and every invalid one is kept once.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class PartitionCountTests(Servers servers, RealKafkaFixture fixture)
{
    private const int Events = 20_000;

    private static readonly DateTime Received = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 240_000)]
    [InlineData(15, 12, 12)]
    [InlineData(4, 9, 2)]
    public async Task No_event_of_a_source_is_lost_whatever_the_numbers_are(int raw, int validated, int invalid)
    {
        RealKafka kafka = await fixture.EmptyAsync();
        using (IAdminClient admin = kafka.Admin())
        {
            await admin.CreateTopicsAsync([
                Topic(Topics.RawUserBehavior, raw),
                Topic(Topics.ValidatedUserBehavior, validated),
                Topic(Topics.InvalidUserBehavior, invalid),
            ]);
        }

        await using ValidationHost host = await StartAsync(kafka);
        await SendAsync(host, 1, Events);
        // As after a crash of the sender: what was sent comes again.
        await SendAsync(host, 5_000, Events);

        Assert.Equal(
            (Events - (Events / 10), Events / 10),
            (await host.CountAsync("bronze.event"), await host.CountAsync("validation.invalid_event"))
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task Partitions_that_are_added_while_a_source_is_sent_are_read_within_half_a_minute_and_change_nothing_that_is_sent_again()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (ValidationHost first = await StartAsync(kafka, database))
        {
            await SendAsync(first, 1, Events / 2);
            using IAdminClient admin = kafka.Admin();
            await admin.CreatePartitionsAsync([
                new() { Topic = Topics.RawUserBehavior, IncreaseTo = 15 },
                new() { Topic = Topics.ValidatedUserBehavior, IncreaseTo = 14 },
            ]);
            await SendAsync(first, Events / 2, Events * 3 / 4);
            await OthersSendAsync(kafka, partition: 14);
            await Poll.UntilEqualAsync(
                1,
                () => first.CountAsync("bronze.event where source like 'kafka:%/14'"),
                TimeSpan.FromSeconds(60),
                "an event of an added partition"
            );
        }

        await using ValidationHost host = await StartAsync(kafka, database);
        await SendAsync(host, 1_000, Events);
        Assert.Equal(Events - (Events / 10) + 1, await host.CountAsync("bronze.event"));
        Assert.Equal(Events / 10, await host.CountAsync("validation.invalid_event"));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_ends_of_partitions_that_were_added_just_now_are_told()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        await using ValidationHost host = await StartAsync(kafka);
        LogEnds ends = host.Services.GetRequiredService<LogEnds>();
        Assert.Equal(12, (await ends.OfAsync(Topics.RawUserBehavior, Cancelled)).Length);
        using (IAdminClient admin = kafka.Admin())
        {
            await admin.CreatePartitionsAsync([new() { Topic = Topics.RawUserBehavior, IncreaseTo = 15 }]);
        }

        KafkaCluster cluster = host.Services.GetRequiredService<KafkaCluster>();
        await Poll.UntilEqualAsync(
            15,
            async () =>
            {
                await cluster.RefreshAsync(Cancelled);
                return cluster.Partitions(Topics.RawUserBehavior);
            },
            TimeSpan.FromSeconds(60),
            "partitions of the topic"
        );
        Assert.Equal(15, (await ends.OfAsync(Topics.RawUserBehavior, Cancelled)).Length);
    }

    private async Task<ValidationHost> StartAsync(RealKafka kafka, string? database = null) =>
        await ValidationHost.StartAsync(
            database ?? await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", kafka.BootstrapServers)
        );

    private static TopicSpecification Topic(string name, int partitions) =>
        new()
        {
            Name = name,
            NumPartitions = partitions,
            ReplicationFactor = 1,
        };

    /// <summary>One in ten is invalid.</summary>
    private static async Task SendAsync(ValidationHost host, int from, int to)
    {
        foreach (int[] part in Enumerable.Range(from, to - from + 1).Chunk(5_000))
        {
            await host.Producer.SendAsync(
                Topics.RawUserBehavior,
                [
                    .. part.Select(i => new OutgoingMessage(
                        Encoding.UTF8.GetBytes($"{i % 997}"),
                        Encoding.UTF8.GetBytes(
                            $$"""{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":1,"price":{{(i % 10 == 0 ? 0 : 1)}},"user_id":{{i % 997}},"user_session":"s"}"""
                        ),
                        new MessageOrigin("file:a.csv@1", i, Received)
                    )),
                ],
                Cancelled
            );
        }

        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
    }

    private static async Task OthersSendAsync(RealKafka kafka, int partition)
    {
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers }
        ).Build();
        await producer.ProduceAsync(
            new TopicPartition(Topics.RawUserBehavior, partition),
            new() { Value = ShopEvents.Good },
            Cancelled
        );
    }
}
