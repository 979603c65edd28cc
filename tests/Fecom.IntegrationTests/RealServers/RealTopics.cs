using System.Text.Json;
using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>What others than Fecom do with the topics of a real cluster.</summary>
internal static class RealTopics
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Good events of 97 users, from a producer of the shop's.</summary>
    public static void Send(RealKafka kafka, int events, CompressionType compression = CompressionType.None)
    {
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = kafka.BootstrapServers, CompressionType = compression }
        ).Build();
        Send(producer, events);
        producer.Flush(Cancelled);
    }

    /// <summary>The same within a transaction, which <paramref name="end"/> ends or leaves open.</summary>
    public static void SendInTransaction(RealKafka kafka, int events, Action<IProducer<string, string>> end)
    {
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(
            new ProducerConfig
            {
                BootstrapServers = kafka.BootstrapServers,
                TransactionalId = Guid.NewGuid().ToString("N"),
                TransactionTimeoutMs = 60_000,
            }
        ).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        producer.BeginTransaction();
        Send(producer, events);
        producer.Flush(Cancelled);
        end(producer);
    }

    /// <summary>An endpoint as <c>GET /pipeline</c> shows it.</summary>
    public static async Task<JsonElement> EndpointAsync(ValidationHost host, string name) =>
        (await host.GetAsync("/api/v1/pipeline"))
            .GetProperty("endpoints")
            .EnumerateArray()
            .Single(endpoint => endpoint.GetProperty("name").GetString() == name);

    /// <summary>Waits until bronze has as many events.</summary>
    public static Task BronzeAsync(ValidationHost host, long events) =>
        Poll.UntilEqualAsync(
            events,
            () => host.CountAsync("bronze.event"),
            TimeSpan.FromSeconds(60),
            "events in bronze"
        );

    private static void Send(IProducer<string, string> producer, int events)
    {
        for (int i = 0; i < events; i++)
        {
            producer.Produce(
                Topics.RawUserBehavior,
                new() { Key = $"{i % 97}", Value = ShopEvents.With("\"user_id\":7", $"\"user_id\":{i % 97}") }
            );
        }
    }
}
