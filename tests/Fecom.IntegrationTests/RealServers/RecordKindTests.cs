using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Records as other producers write them: every compression, times of both kinds and none, tombstones, headers of any bytes.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class RecordKindTests(Servers servers, RealKafkaFixture fixture)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Records_of_every_kind_are_events_and_no_dead_letters()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        using (IAdminClient admin = kafka.Admin())
        {
            // The raw topic takes producers' times; the others are Fecom's own, with the broker's.
            await admin.CreateTopicsAsync([
                new()
                {
                    Name = Topics.RawUserBehavior,
                    NumPartitions = 12,
                    ReplicationFactor = 1,
                    Configs = new() { ["message.timestamp.type"] = "CreateTime" },
                },
            ]);
        }

        await using ValidationHost host = await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", kafka.BootstrapServers)
        );
        CompressionType[] kinds =
        [
            CompressionType.None,
            CompressionType.Gzip,
            CompressionType.Snappy,
            CompressionType.Lz4,
            CompressionType.Zstd,
        ];
        foreach (CompressionType kind in kinds)
        {
            RealTopics.Send(kafka, 200, kind);
        }

        await RealTopics.BronzeAsync(host, 200 * kinds.Length);

        using IProducer<string, string?> shop = new ProducerBuilder<string, string?>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers }
        )
            .SetValueSerializer(new Text())
            .Build();
        await SendAsync(shop, Topics.RawUserBehavior, ShopEvents.Good, new Timestamp(-1, TimestampType.CreateTime));
        await SendAsync(
            shop,
            Topics.RawUserBehavior,
            ShopEvents.Good,
            Timestamp.Default,
            ("x\0y", [0, 0xff, 0]),
            ("__op", [0])
        );
        await RealTopics.BronzeAsync(host, (200 * kinds.Length) + 2);
        Assert.Equal(
            0,
            await host.CountAsync("bronze.event where received_at < now() - interval '1 hour' or received_at > now()")
        );

        // A tombstone is a deletion among changes, and no event among events; so is a header that says why a value is none.
        await SendAsync(shop, Topics.PostgresEvents, null, Timestamp.Default, ("__op", [0, (byte)'c']));
        await SendAsync(shop, Topics.RawUserBehavior, null, Timestamp.Default);
        await SendAsync(
            shop,
            Topics.RawUserBehavior,
            ShopEvents.Good,
            Timestamp.Default,
            ("fecom-malformed", "a\0b"u8.ToArray())
        );
        await Poll.UntilEqualAsync(
            2,
            () => host.CountAsync("validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        await host.Barrier.PassAsync(Topics.PostgresEvents, Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        Assert.Equal((200 * kinds.Length) + 2, await host.CountAsync("bronze.event"));
        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync("endpoints")).Status);
    }

    private static async Task SendAsync(
        IProducer<string, string?> producer,
        string topic,
        string? value,
        Timestamp time,
        params (string Name, byte[] Value)[] headers
    )
    {
        Headers all = [];
        foreach ((string name, byte[] bytes) in headers)
        {
            all.Add(name, bytes);
        }

        await producer.ProduceAsync(
            topic,
            new()
            {
                Key = "7",
                Value = value,
                Timestamp = time,
                Headers = all,
            },
            Cancelled
        );
    }

    private sealed class Text : ISerializer<string?>
    {
        public byte[]? Serialize(string? data, SerializationContext context) =>
            data is null ? null : System.Text.Encoding.UTF8.GetBytes(data);

        byte[] ISerializer<string?>.Serialize(string? data, SerializationContext context) => Serialize(data, context)!;
    }
}
