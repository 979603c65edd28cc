using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>The Kafka that a stage runs on: in the process that runs the stage, or one real broker beside it.</summary>
/// <param name="real">The broker; null for the embedded one.</param>
internal sealed class StageKafka(RealKafka? real)
{
    public bool IsReal => real is not null;

    /// <summary>Process ids of the brokers that run by themselves.</summary>
    public int[] Brokers => real is null ? [] : [real.Pid(broker: 1)];

    /// <summary>The name of a figure: the real broker's stand beside the embedded one's.</summary>
    public string Key(string figure) => real is null ? figure : $"real_{figure}";

    /// <summary>As <c>Kafka:BootstrapServers</c> takes it, with nothing of the stage before.</summary>
    public async Task<string> EmptyAsync()
    {
        if (real is null)
        {
            return KafkaOptions.Embedded;
        }

        await real.ClearAsync();
        return real.BootstrapServers;
    }

    /// <summary>A cluster with these topics alone, for a loop over the client.</summary>
    public async Task<LoopCluster> WithTopicsAsync(params string[] topics)
    {
        string servers = await EmptyAsync();
        KafkaLibrary.Load();
        if (real is null)
        {
            EmbeddedKafka embedded = new();
            Array.ForEach(topics, topic => embedded.CreateTopic(topic, Topics.EventPartitions));
            return new LoopCluster(embedded.BootstrapServers, embedded);
        }

        using IAdminClient admin = real.Admin();
        await admin.CreateTopicsAsync(
            topics.Select(topic => new Confluent.Kafka.Admin.TopicSpecification
            {
                Name = topic,
                NumPartitions = Topics.EventPartitions,
                ReplicationFactor = 1,
            })
        );
        return new LoopCluster(servers, embedded: null);
    }
}

/// <summary>A cluster that a loop over the client uses alone.</summary>
internal sealed class LoopCluster(string bootstrapServers, EmbeddedKafka? embedded) : IDisposable
{
    public string BootstrapServers => bootstrapServers;

    public void Dispose() => embedded?.Dispose();
}
