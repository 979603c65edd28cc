using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>
/// Pins the library that comes with the package: the embedded cluster is librdkafka's test cluster, which may change with
/// any version of it.
/// </summary>
public sealed class KafkaLibraryTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_packaged_library_carries_the_embedded_cluster_and_is_the_only_one_in_the_process()
    {
        KafkaLibrary.Load();
        using EmbeddedKafka cluster = new();
        cluster.CreateTopic("pinned", partitions: 2);
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(
            new ProducerConfig
            {
                BootstrapServers = cluster.BootstrapServers,
                EnableIdempotence = true,
                CompressionType = CompressionType.Zstd,
            }
        ).Build();

        DeliveryResult<string, string> sent = await producer.ProduceAsync(
            new TopicPartition("pinned", 1),
            new Message<string, string>
            {
                Key = "k",
                Value = "v",
                Headers = [new Header("h", Encoding.UTF8.GetBytes("x"))],
            },
            TestContext.Current.CancellationToken
        );

        using IConsumer<string, string> consumer = new ConsumerBuilder<string, string>(
            new ConsumerConfig { BootstrapServers = cluster.BootstrapServers, GroupId = "g" }
        ).Build();
        consumer.Assign(new TopicPartitionOffset(sent.TopicPartition, Offset.Beginning));
        ConsumeResult<string, string> read = consumer.Consume(TimeSpan.FromSeconds(20));

        Assert.Equal("2.16.0", Library.VersionString);
        Assert.Equal(("k", "v", 0), (read.Message.Key, read.Message.Value, read.Offset.Value));
        Assert.Equal([$"{AppContext.BaseDirectory}centos8-librdkafka.so"], Mapped("rdkafka"));
    }

    /// <summary>About one call in twenty comes while the cluster goes to sleep, and would wait until it wakes by itself.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Calls_one_after_another_do_not_wait_for_the_embedded_cluster_to_wake_up()
    {
        KafkaLibrary.Load();
        using EmbeddedKafka cluster = new();
        long start = Stopwatch.GetTimestamp();

        await Task.Run(
            () =>
            {
                for (int i = 0; i < 2_000; i++)
                {
                    cluster.CreateTopic($"topic-{i}", partitions: 1);
                }
            },
            TestContext.Current.CancellationToken
        );

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(SecurityProtocol.Ssl)]
    [InlineData(SecurityProtocol.SaslSsl)]
    public void The_packaged_library_can_speak_to_a_secured_cluster(SecurityProtocol protocol)
    {
        KafkaLibrary.Load();
        AdminClientConfig config = new()
        {
            BootstrapServers = "localhost:1",
            SecurityProtocol = protocol,
            SaslMechanism = SaslMechanism.ScramSha512,
            SaslUsername = "u",
            SaslPassword = "p",
        };

        // What the library was built without is refused here, with the reason.
        using IAdminClient admin = new AdminClientBuilder(config).SetLogHandler((_, _) => { }).Build();

        Assert.NotNull(admin.Name);
    }

    private static string[] Mapped(string name) =>
        [
            .. File.ReadLines("/proc/self/maps")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1])
                .Where(file => file.StartsWith('/') && file.Contains(name, StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal),
        ];
}
