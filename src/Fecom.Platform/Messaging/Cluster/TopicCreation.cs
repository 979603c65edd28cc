using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Fecom.Platform.Messaging;

/// <summary>Creates topics on a real cluster through its admin API.</summary>
internal sealed class TopicCreation(IAdminClient admin, short replicas)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>The cluster's id, and the partitions that each wanted topic has.</returns>
    public async Task<(string ClusterId, IReadOnlyDictionary<string, int> Partitions)> EnsureAsync(IReadOnlyList<TopicDefinition> wanted)
    {
        string cluster = (await admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = Patience })).ClusterId;
        Dictionary<string, int> existing = admin
            .GetMetadata(Patience)
            .Topics.ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count, StringComparer.Ordinal);
        await CreateAsync([.. wanted.Where(topic => !existing.ContainsKey(topic.Name)).Select(Specification)]);
        return (
            cluster,
            wanted.ToDictionary(topic => topic.Name, topic => existing.GetValueOrDefault(topic.Name, topic.Partitions), StringComparer.Ordinal)
        );
    }

    private TopicSpecification Specification(TopicDefinition topic) =>
        new()
        {
            Name = topic.Name,
            NumPartitions = topic.Partitions,
            ReplicationFactor = replicas,
            Configs = new()
            {
                ["max.message.bytes"] = "2097152",
                // A producer's clock decides neither when a message was received nor how long the log keeps it.
                ["message.timestamp.type"] = "LogAppendTime",
            },
        };

    private async Task CreateAsync(TopicSpecification[] missing)
    {
        if (missing.Length == 0)
        {
            return;
        }

        try
        {
            await admin.CreateTopicsAsync(missing);
        }
        catch (CreateTopicsException e)
            when (e.Results.TrueForAll(result => result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Another host that starts at the same time was first.
        }
    }
}
