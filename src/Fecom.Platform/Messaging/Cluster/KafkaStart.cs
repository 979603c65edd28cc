using Fecom.Platform.Services;

namespace Fecom.Platform.Messaging;

/// <summary>Connects to a real cluster that did not answer when the host started.</summary>
internal sealed class KafkaStart(Supervision supervision, KafkaCluster cluster, IEnumerable<TopicDefinition> topics)
    : SupervisedService(supervision, "the way to Kafka")
{
    protected override Task RunAsync(CancellationToken stoppingToken) =>
        cluster.NotOpen is null ? Task.CompletedTask : cluster.OpenAsync(topics, stoppingToken);
}
