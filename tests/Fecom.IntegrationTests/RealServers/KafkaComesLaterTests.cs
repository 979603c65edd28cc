using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>A host without its Kafka starts, says what it waits for, and goes on when Kafka comes; so does one whose Kafka goes.</summary>
public sealed class KafkaComesLaterTests(Servers servers)
{
    [Theory(Timeout = 120_000)]
    [InlineData("127.0.0.1:1", "refused")]
    [InlineData("no-such-host.invalid:9092", "no-such-host.invalid")]
    public async Task An_address_where_no_Kafka_is_is_named_with_what_the_library_says(string address, string message)
    {
        await using ValidationHost host = await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", address)
        );

        HealthReportEntry health = await host.HealthAsync("kafka");
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains(message, health.Description, StringComparison.Ordinal);
        Assert.Contains("Kafka:BootstrapServers", health.Description, StringComparison.Ordinal);
        Assert.Contains(
            message,
            (await host.GetAsync("/api/v1/pipeline")).GetProperty("kafka").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_goes_on_when_its_Kafka_comes_and_says_when_it_goes()
    {
        Assert.SkipWhen(RealKafka.MissingOwn is not null, RealKafka.MissingOwn ?? "");
        int port = RealServer.FreePorts(11);
        await using ValidationHost host = await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", $"127.0.0.1:{port}")
        );
        Assert.Equal(HealthStatus.Degraded, (await host.HealthAsync("kafka")).Status);

        await using RealKafka kafka = await RealKafka.StartAsync(own: true, port: port);
        await Poll.UntilEqualAsync(
            HealthStatus.Healthy,
            async () => (await host.HealthAsync("kafka")).Status,
            TimeSpan.FromSeconds(60),
            "Kafka's health"
        );
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        Assert.Equal(1, await host.CountAsync("bronze.event"));

        await kafka.KillAsync(1);
        await Poll.UntilEqualAsync(
            HealthStatus.Degraded,
            async () => (await host.HealthAsync("kafka")).Status,
            TimeSpan.FromSeconds(60),
            "Kafka's health"
        );
        Assert.Contains("refused", (await host.HealthAsync("kafka")).Description, StringComparison.Ordinal);
        Assert.Equal(1, (await RealTopics.EndpointAsync(host, "bronze")).GetProperty("messages").GetInt64());
    }
}
