using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>A topic that was deleted and made again on the same cluster is another log: what comes on it is new, although its offsets are low.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class TopicRecreatedTests(Servers servers, RealKafkaFixture fixture)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 240_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Events_of_a_topic_that_was_made_again_are_taken(bool whileRunning)
    {
        RealKafka kafka = await fixture.EmptyAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        ValidationHost host = await StartAsync(kafka, database);
        OthersSend(kafka, 500);
        await BronzeAsync(host, 500);
        IPipelineBarrier barrier = host.Barrier;
        await barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        if (!whileRunning)
        {
            await host.DisposeAsync();
        }

        foreach (string topic in new[] { Topics.RawUserBehavior, Topics.ValidatedUserBehavior })
        {
            await RecreateAsync(kafka, topic);
        }

        if (!whileRunning)
        {
            host = await StartAsync(kafka, database);
        }

        await using ValidationHost again = host;
        OthersSend(kafka, 300);
        await BronzeAsync(host, 800);
        if (whileRunning)
        {
            // Whoever sent something before does not know what became of it: it is told so once.
            await Assert.ThrowsAsync<TopicRecreatedException>(() =>
                barrier.PassAsync(Topics.RawUserBehavior, Cancelled)
            );
            await Assert.ThrowsAsync<TopicRecreatedException>(() =>
                barrier.PassAsync(Topics.RawUserBehavior, Cancelled)
            );
            await barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        }

        // The events of Fecom's own sources have their places there: sent again, they are known again.
        MessageOrigin origin = new("file:a.csv@1", 1, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        OutgoingMessage own = new("k"u8.ToArray(), Encoding.UTF8.GetBytes(ShopEvents.Good), origin);
        await host.Producer.SendAsync(Topics.RawUserBehavior, [own, own], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        Assert.Equal(801, await host.CountAsync("bronze.event"));
    }

    private static async Task RecreateAsync(RealKafka kafka, string topic)
    {
        using IAdminClient admin = kafka.Admin();
        await admin.DeleteTopicsAsync([topic]);
        await Poll.UntilAsync(
            async () =>
            {
                try
                {
                    await admin.CreateTopicsAsync([
                        new()
                        {
                            Name = topic,
                            NumPartitions = 12,
                            ReplicationFactor = 1,
                        },
                    ]);
                    return true;
                }
                catch (CreateTopicsException)
                {
                    // It is still being deleted.
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            $"{topic} is not made again"
        );
    }

    private static Task BronzeAsync(ValidationHost host, long events) =>
        Poll.UntilEqualAsync(
            events,
            () => host.CountAsync("bronze.event"),
            TimeSpan.FromSeconds(60),
            "events in bronze"
        );

    private static async Task<ValidationHost> StartAsync(RealKafka kafka, string database) =>
        await ValidationHost.StartAsync(database, ("Kafka:BootstrapServers", kafka.BootstrapServers));

    private static void OthersSend(RealKafka kafka, int events)
    {
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers }
        ).Build();
        for (int i = 0; i < events; i++)
        {
            producer.Produce(
                Topics.RawUserBehavior,
                new() { Key = $"{i % 97}", Value = ShopEvents.With("\"user_id\":7", $"\"user_id\":{i % 97}") }
            );
        }

        producer.Flush(Cancelled);
    }
}
