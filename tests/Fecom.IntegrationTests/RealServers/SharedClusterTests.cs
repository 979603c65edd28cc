using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Two installations on one cluster.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class SharedClusterTests(Servers servers, RealKafkaFixture fixture)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task With_prefixes_each_has_its_own_topics_groups_and_events()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        await using ValidationHost first = await StartAsync(
            kafka,
            await servers.Postgres.CreateDatabaseAsync(),
            "shop1."
        );
        await using ValidationHost second = await StartAsync(
            kafka,
            await servers.Postgres.CreateDatabaseAsync(),
            "shop2-"
        );
        using IProducer<Null, string> shop = new ProducerBuilder<Null, string>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers }
        ).Build();

        for (int i = 0; i < 100; i++)
        {
            await shop.ProduceAsync("shop1." + Topics.RawUserBehavior, new() { Value = ShopEvents.Good }, Cancelled);
        }

        await shop.ProduceAsync("shop2-" + Topics.RawUserBehavior, new() { Value = ShopEvents.Good }, Cancelled);
        await shop.ProduceAsync("shop2-" + Topics.RawUserBehavior, new() { Value = "no event" }, Cancelled);
        await shop.ProduceAsync("shop2-" + Topics.ValidatedUserBehavior, new() { Value = "no event" }, Cancelled);

        await RealTopics.BronzeAsync(first, 100);
        await RealTopics.BronzeAsync(second, 1);
        await Poll.UntilEqualAsync(
            1,
            () => second.CountAsync("validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        await Poll.UntilEqualAsync(
            1,
            () => second.CountAsync("platform.dead_letter where topic = 'shop2-tracking.user_behavior.validated'"),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );
        Assert.Equal(
            1,
            await second.CountAsync("bronze.event where source like 'kafka:%/tracking.raw_user_behavior/%'")
        );
        using IAdminClient admin = kafka.Admin();
        Assert.DoesNotContain(
            admin.GetMetadata(TimeSpan.FromSeconds(30)).Topics.Select(topic => topic.Topic),
            topic =>
                !topic.StartsWith("shop1.", StringComparison.Ordinal)
                && !topic.StartsWith("shop2-", StringComparison.Ordinal)
                && !topic.StartsWith("__", StringComparison.Ordinal)
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task Without_a_prefix_each_says_that_its_groups_have_members_of_somebody_else()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using ValidationHost first = await StartAsync(kafka, database, "");
        // Another host of the same installation is no stranger.
        await using ValidationHost replica = await StartAsync(kafka, database, "");
        await using (await StartAsync(kafka, await servers.Postgres.CreateDatabaseAsync(), ""))
        {
            await Poll.UntilAsync(
                async () =>
                    (await first.HealthAsync("kafka")) is { Status: HealthStatus.Degraded } health
                    && health.Description!.Contains("not of this installation", StringComparison.Ordinal),
                TimeSpan.FromSeconds(60),
                "the stranger is not said"
            );
            Assert.Contains("Kafka:Prefix", (await first.HealthAsync("kafka")).Description, StringComparison.Ordinal);
        }

        await Poll.UntilEqualAsync(
            HealthStatus.Healthy,
            async () => (await first.HealthAsync("kafka")).Status,
            TimeSpan.FromSeconds(90),
            "Kafka's health"
        );
    }

    private static Task<ValidationHost> StartAsync(RealKafka kafka, string database, string prefix) =>
        ValidationHost.StartAsync(
            database,
            ("Kafka:BootstrapServers", kafka.BootstrapServers),
            ("Kafka:Prefix", prefix)
        );
}
