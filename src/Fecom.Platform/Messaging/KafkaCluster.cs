using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>A topic that the process needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">Partitions it is created with.</param>
public sealed record TopicDefinition(string Name, int Partitions);

/// <summary>The cluster that this process talks to: where it is, which one it is, and that its topics are there.</summary>
internal sealed partial class KafkaCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly KafkaOptions _options;
    private readonly ILogger<KafkaCluster> _logger;
    private readonly EmbeddedKafka? _embedded;
    private readonly Dictionary<string, int> _partitions = new(StringComparer.Ordinal);

    public KafkaCluster(IOptions<KafkaOptions> options, ILogger<KafkaCluster> logger)
    {
        _options = options.Value;
        _logger = logger;
        KafkaLibrary.Load(_options.LibraryPath);
        _embedded = _options.IsEmbedded ? new EmbeddedKafka() : null;
        BootstrapServers = _embedded?.BootstrapServers ?? _options.BootstrapServers;
        Id = _embedded is null ? "" : Guid.CreateVersion7().ToString("N");
    }

    public string BootstrapServers { get; }

    /// <summary>Names this process among the hosts of a cluster.</summary>
    public string HostId { get; } = Guid.CreateVersion7().ToString("N");

    public bool IsEmbedded => _embedded is not null;

    public EmbeddedKafka? Embedded => _embedded;

    /// <summary>Names the log that offsets belong to: an embedded cluster that starts again is another one.</summary>
    public string Id { get; private set; }

    /// <summary>Partitions of a topic that <see cref="EnsureTopicsAsync"/> has seen.</summary>
    public int Partitions(string topic) => _partitions[topic];

    /// <summary>Creates the topics that are missing. One that exists with other partitions is reported, not changed.</summary>
    public async Task EnsureTopicsAsync(IEnumerable<TopicDefinition> topics)
    {
        List<TopicDefinition> wanted = [.. topics.DistinctBy(topic => topic.Name)];
        if (_embedded is not null)
        {
            foreach (TopicDefinition topic in wanted)
            {
                _embedded.CreateTopic(topic.Name, topic.Partitions);
                _partitions[topic.Name] = topic.Partitions;
            }

            return;
        }

        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers })
            .SetLogHandler((_, _) => { })
            .Build();
        Id = (await admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = Patience })).ClusterId;
        Dictionary<string, int> existing = admin
            .GetMetadata(Patience)
            .Topics.ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count, StringComparer.Ordinal);
        await CreateMissingAsync(admin, wanted, existing);
        foreach (TopicDefinition topic in wanted)
        {
            int partitions = existing.GetValueOrDefault(topic.Name, topic.Partitions);
            _partitions[topic.Name] = partitions;
            if (partitions != topic.Partitions)
            {
                LogPartitions(topic.Name, partitions, topic.Partitions);
            }
        }
    }

    public void Dispose() => _embedded?.Dispose();

    private async Task CreateMissingAsync(IAdminClient admin, List<TopicDefinition> wanted, Dictionary<string, int> existing)
    {
        List<TopicSpecification> missing =
        [
            .. wanted
                .Where(topic => !existing.ContainsKey(topic.Name))
                .Select(topic => new TopicSpecification
                {
                    Name = topic.Name,
                    NumPartitions = topic.Partitions,
                    ReplicationFactor = _options.Replicas,
                    Configs = new() { ["max.message.bytes"] = "2097152" },
                }),
        ];
        if (missing.Count == 0)
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

    [LoggerMessage(
        LogLevel.Warning,
        "Topic {Topic} has {Actual} partitions, not the configured {Wanted}. It is left as it is: changing them would break the order of a user's events"
    )]
    private partial void LogPartitions(string topic, int actual, int wanted);
}
