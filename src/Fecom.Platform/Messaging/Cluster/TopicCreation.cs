using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Fecom.Platform.Messaging;

/// <summary>Creates topics on a real cluster through its admin API.</summary>
internal sealed class TopicCreation(IAdminClient admin, short replicas)
{
    /// <summary>After this time the library has tried every address and reported what is wrong.</summary>
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <returns>The cluster's id, its brokers, and the partitions that each wanted topic has.</returns>
    public async Task<(string ClusterId, int Brokers, IReadOnlyDictionary<string, int> Partitions)> EnsureAsync(
        IReadOnlyList<TopicDefinition> wanted
    )
    {
        DescribeClusterResult cluster = await admin.DescribeClusterAsync(
            new DescribeClusterOptions { RequestTimeout = FirstAnswer }
        );
        Dictionary<string, int> existing = admin
            .GetMetadata(Timeout)
            .Topics.ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count, StringComparer.Ordinal);
        await CreateAsync([.. wanted.Where(topic => !existing.ContainsKey(topic.Name)).Select(Specification)]);
        return (
            cluster.ClusterId,
            cluster.Nodes.Count,
            wanted.ToDictionary(
                topic => topic.Name,
                topic => existing.GetValueOrDefault(topic.Name, topic.Partitions),
                StringComparer.Ordinal
            )
        );
    }

    private TopicSpecification Specification(TopicDefinition topic) =>
        new()
        {
            Name = topic.Name,
            NumPartitions = topic.Partitions,
            ReplicationFactor = replicas,
            Configs = new(replicas >= 3 ? [new(TopicFit.MinInSync, $"{replicas - 1}")] : [])
            {
                [TopicFit.MaxMessageBytes] = $"{TopicFit.MessageBytes}",
                // The broker's clock, not a producer's, decides when a message was received and how long the log keeps it.
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
            when (e.Results.TrueForAll(result => result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists)
            )
        {
            // Another host, which starts at the same time, has created it.
        }
        catch (CreateTopicsException e)
        {
            CreateTopicReport[] refused =
            [
                .. e.Results.Where(result =>
                    result.Error.Code is not (ErrorCode.NoError or ErrorCode.TopicAlreadyExists)
                ),
            ];
            throw new TopicUnavailableException(
                $"Kafka has no topics {string.Join(", ", refused.Select(result => result.Topic))} that this account may see, and lets it create none: {refused[0].Error.Reason}. "
                    + "Grant it rights to these topics, or create them",
                e
            );
        }
    }
}
