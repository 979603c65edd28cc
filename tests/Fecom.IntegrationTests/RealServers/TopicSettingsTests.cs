using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Topics that a shop has made by its own rules: what does not fit is said, with the command that mends it, and stops nothing.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class TopicSettingsTests(Servers servers, RealKafkaFixture fixture)
{
    private const int DefaultMessageBytes = 1_048_588;

    private static readonly string[] All =
    [
        Topics.RawUserBehavior,
        Topics.PostgresEvents,
        Topics.ValidatedUserBehavior,
        Topics.InvalidUserBehavior,
        Topics.DeadLetter(Topics.RawUserBehavior),
        Topics.DeadLetter(Topics.ValidatedUserBehavior),
        Topics.DeadLetter(Topics.InvalidUserBehavior),
        "fecom.resend.validation",
        "fecom.resend.bronze",
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_large_record_on_topics_with_Kafkas_own_limit_stops_nothing_and_is_kept_cut()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        using (IAdminClient admin = kafka.Admin())
        {
            await admin.CreateTopicsAsync(All.Select(topic => Topic(topic, [])));
        }

        await using ValidationHost host = await StartAsync(kafka);
        byte[] large = Noise(900_000);
        await SendAsync(kafka, Topics.RawUserBehavior, large);
        // Not what the topic carries either, and with less room: its letter holds base64 of it.
        await SendAsync(kafka, Topics.ValidatedUserBehavior, large);
        await Poll.UntilEqualAsync(
            1,
            () => host.CountAsync("validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        await Poll.UntilEqualAsync(
            1,
            () => host.CountAsync("platform.dead_letter"),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );
        Assert.Equal(
            large.Length,
            (await host.GetAsync("/api/v1/invalid-events/1")).GetProperty("cut").GetProperty("length").GetInt32()
        );

        // The table has all of the other, more than its way back takes: it stays there, and the next letter is not held up.
        using HttpResponseMessage resend = await host.PostAsync(
            "/api/v1/dead-letters/resend",
            """{"endpoint":"bronze"}"""
        );
        Assert.Equal(202, (int)resend.StatusCode);
        await Poll.UntilEqualAsync(
            "kept",
            async () =>
                (await host.GetAsync("/api/v1/dead-letters"))
                    .GetProperty("dead_letters")[0]
                    .GetProperty("state")
                    .GetString(),
            TimeSpan.FromSeconds(60),
            "the letter"
        );
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        Assert.Equal(1, await host.CountAsync("bronze.event"));
        JsonElement unfit = (await UnfitAsync(host, Topics.InvalidUserBehavior)).Single(setting =>
            setting.GetProperty("setting").GetString() == "max.message.bytes"
        );
        Assert.Equal($"{DefaultMessageBytes}", unfit.GetProperty("value").GetString());
        Assert.Contains(
            "--entity-name tracking.user_behavior.invalid --add-config max.message.bytes=2097152",
            unfit.GetProperty("command").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync("kafka")).Status);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_limit_that_is_not_known_is_the_messages_fault_and_the_others_go_on()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        await using ValidationHost host = await StartAsync(kafka);
        RealTopics.Send(kafka, 1);
        await RealTopics.BronzeAsync(host, 1);

        await AlterAsync(kafka, Topics.InvalidUserBehavior, "max.message.bytes", "100000");
        await SendAsync(
            kafka,
            Topics.RawUserBehavior,
            Noise(300_000),
            Encoding.UTF8.GetBytes(ShopEvents.Good),
            "{}"u8.ToArray()
        );

        await Poll.UntilEqualAsync(2, () => host.CountAsync("bronze.event"), TimeSpan.FromSeconds(60), "events");
        await Poll.UntilEqualAsync(
            1,
            () => host.CountAsync("validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        await Poll.UntilEqualAsync(
            1,
            () =>
                host.CountAsync(
                    "platform.dead_letter where endpoint = 'validation' and reason like '%max.message.bytes%'"
                ),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task A_topic_that_is_compacted_or_keeps_less_than_the_lag_is_degraded_until_it_is_mended()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        using (IAdminClient admin = kafka.Admin())
        {
            await admin.CreateTopicsAsync([Topic(Topics.PostgresEvents, new() { ["cleanup.policy"] = "compact" })]);
        }

        await using ValidationHost host = await StartAsync(kafka);
        HealthReportEntry health = await host.HealthAsync("kafka");
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains(
            "--entity-name tracking_postgres_cdc.public.events --add-config cleanup.policy=delete",
            health.Description,
            StringComparison.Ordinal
        );

        await AlterAsync(kafka, Topics.PostgresEvents, "cleanup.policy", "delete");
        await Poll.UntilEqualAsync(
            HealthStatus.Healthy,
            async () => (await host.HealthAsync("kafka")).Status,
            TimeSpan.FromSeconds(60),
            "Kafka's health"
        );

        // Bronze stands still, and what it has not read gets older than the topic keeps it.
        await using Npgsql.NpgsqlConnection blocking = await host.Database.OpenConnectionAsync(Cancelled);
        await using Npgsql.NpgsqlTransaction transaction = await blocking.BeginTransactionAsync(Cancelled);
        await using (Npgsql.NpgsqlCommand hold = new("lock table bronze.event in access exclusive mode", blocking))
        {
            await hold.ExecuteNonQueryAsync(Cancelled);
        }

        RealTopics.Send(kafka, 100);
        await AlterAsync(kafka, Topics.ValidatedUserBehavior, "retention.ms", "1000");
        await Poll.UntilAsync(
            async () =>
                (await host.HealthAsync("kafka")).Description?.Contains(
                    "bronze has not read events of tracking.user_behavior.validated",
                    StringComparison.Ordinal
                ) == true,
            TimeSpan.FromSeconds(90),
            "the lag is not said"
        );
    }

    private async Task<ValidationHost> StartAsync(RealKafka kafka) =>
        await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", kafka.BootstrapServers)
        );

    /// <summary>The broker's limit is one of what is left after compression.</summary>
    private static byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(7).NextBytes(noise);
        return noise;
    }

    private static TopicSpecification Topic(string name, Dictionary<string, string> settings) =>
        new()
        {
            Name = name,
            NumPartitions =
                name.StartsWith("fecom.", StringComparison.Ordinal)
                || name.EndsWith("dead_letter", StringComparison.Ordinal)
                    ? 1
                    : 12,
            ReplicationFactor = 1,
            Configs = settings,
        };

    private static async Task<IEnumerable<JsonElement>> UnfitAsync(ValidationHost host, string topic) =>
        (await host.GetAsync("/api/v1/pipeline"))
            .GetProperty("topics")
            .EnumerateArray()
            .Single(entry => entry.GetProperty("name").GetString() == topic)
            .GetProperty("unfit")
            .EnumerateArray();

    private static async Task AlterAsync(RealKafka kafka, string topic, string setting, string value)
    {
        using IAdminClient admin = kafka.Admin();
        await admin.IncrementalAlterConfigsAsync(
            new Dictionary<ConfigResource, List<ConfigEntry>>
            {
                [new() { Type = ResourceType.Topic, Name = topic }] =
                [
                    new()
                    {
                        Name = setting,
                        Value = value,
                        IncrementalOperation = AlterConfigOpType.Set,
                    },
                ],
            }
        );
    }

    private static async Task SendAsync(RealKafka kafka, string topic, params byte[][] values)
    {
        using IProducer<string, byte[]> producer = new ProducerBuilder<string, byte[]>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers, MessageMaxBytes = 2_100_000 }
        ).Build();
        foreach (byte[] value in values)
        {
            await producer.ProduceAsync(topic, new() { Key = "7", Value = value }, Cancelled);
        }
    }
}
