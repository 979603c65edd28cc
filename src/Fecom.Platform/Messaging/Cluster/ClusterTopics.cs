using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>What this process knows of the cluster's topics: their partitions, those that it sends to, and the generation of their log.</summary>
internal sealed partial class ClusterTopics(SenderPartitions senders, TopicLogs logs, ILogger<ClusterTopics> logger)
{
    private readonly ConcurrentDictionary<string, int> _partitions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _senderPartitions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _generations = new(StringComparer.Ordinal);

    /// <summary>The names of the topics that the process uses.</summary>
    public string[] Names => [.. _partitions.Keys];

    public int Partitions(string topic) => _partitions[topic];

    /// <summary>Partitions of a topic that this installation's hosts send to; all, where nothing else is recorded.</summary>
    public int PartitionsToSend(string topic) =>
        _senderPartitions.TryGetValue(topic, out int partitions) ? partitions : Partitions(topic);

    /// <summary>Generation of a topic's log, from 1: see <see cref="TopicLogs"/>.</summary>
    public int Generation(string topic) => _generations.GetValueOrDefault(topic, 1);

    /// <summary>Sets the topics of an embedded cluster, which have the partitions that they were created with.</summary>
    public void Set(IEnumerable<TopicDefinition> wanted)
    {
        foreach (TopicDefinition topic in wanted)
        {
            _partitions[topic.Name] = topic.Partitions;
        }
    }

    /// <summary>Reads what is recorded of a real cluster's topics.</summary>
    /// <param name="admin">Asks Kafka.</param>
    /// <param name="cluster">The cluster's id.</param>
    /// <param name="wanted">The topics as they are configured.</param>
    /// <param name="actual">The partitions that each topic has.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task OpenAsync(
        IAdminClient admin,
        string cluster,
        IReadOnlyCollection<TopicDefinition> wanted,
        IReadOnlyDictionary<string, int> actual,
        CancellationToken cancellationToken
    )
    {
        foreach (TopicDefinition topic in wanted)
        {
            _partitions[topic.Name] = actual[topic.Name];
            if (actual[topic.Name] != topic.Partitions)
            {
                LogPartitions(topic.Name, actual[topic.Name], topic.Partitions);
            }
        }

        foreach ((string topic, int partitions) in await senders.ReadAsync(cluster, actual, cancellationToken))
        {
            _senderPartitions[topic] = partitions;
        }

        await ReadLogsAsync(admin, cluster, [.. wanted.Select(topic => topic.Name)], cancellationToken);
    }

    /// <summary>Takes in how many partitions the topics have now.</summary>
    public void Count(IEnumerable<TopicMetadata> metadata)
    {
        foreach (TopicMetadata topic in metadata.Where(topic => _partitions.ContainsKey(topic.Topic)))
        {
            int now = topic.Partitions.Count;
            int before = _partitions[topic.Topic];
            if (now == 0 || now == before)
            {
                continue;
            }

            _partitions[topic.Topic] = now;
            // A topic that was recreated with fewer partitions is spread over those.
            _senderPartitions[topic.Topic] = Math.Min(PartitionsToSend(topic.Topic), now);
            LogCounted(topic.Topic, now, before, PartitionsToSend(topic.Topic));
        }
    }

    /// <summary>Reads the generations of topics, which go up when a topic was recreated.</summary>
    public async Task ReadLogsAsync(
        IAdminClient admin,
        string cluster,
        string[] topics,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> ids = await TopicIds.ReadAsync(admin, topics);
        foreach ((string topic, int generation) in await logs.ReadAsync(cluster, ids, cancellationToken))
        {
            Begin(topic, generation);
        }
    }

    /// <summary>Begins the next generation of a topic, unless another host has.</summary>
    public async Task BeginLogAsync(string cluster, string topic, CancellationToken cancellationToken) =>
        Begin(topic, await logs.NextAsync(cluster, topic, Generation(topic), cancellationToken));

    private void Begin(string topic, int generation)
    {
        if (generation != Generation(topic))
        {
            _generations[topic] = generation;
            LogBegun(topic, generation);
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "Topic {Topic} has {Now} partitions now, {Before} before: all are read, and Fecom's own events go to the first {Senders}"
    )]
    private partial void LogCounted(string topic, int now, int before, int senders);

    [LoggerMessage(
        LogLevel.Warning,
        "Topic {Topic} was recreated, or its log was lost. It is read from its beginning, as generation {Generation}"
    )]
    private partial void LogBegun(string topic, int generation);

    [LoggerMessage(
        LogLevel.Warning,
        "Topic {Topic} has {Actual} partitions, not the configured {Wanted}. It is left as it is"
    )]
    private partial void LogPartitions(string topic, int actual, int wanted);
}
