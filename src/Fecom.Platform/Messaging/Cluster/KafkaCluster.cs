using System.Collections.Concurrent;
using Confluent.Kafka;
using Fecom.Platform.Failures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>A topic that the process needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">Partitions it is created with.</param>
public sealed record TopicDefinition(string Name, int Partitions);

/// <summary>The cluster that this process talks to: where it is, which one it is, and that its topics are there.</summary>
internal sealed partial class KafkaCluster(
    IOptions<KafkaOptions> options,
    EmbeddedKafkaClaim claim,
    OriginSeal seal,
    SenderPartitions senders,
    TopicLogs logs,
    TopicSettings settings,
    TimeProvider time,
    ILogger<KafkaCluster> logger
) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly KafkaOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, int> _partitions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _senderPartitions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _generations = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private string _bootstrapServers = options.Value.BootstrapServers;
    private KafkaAdmin? _admin;
    private volatile string? _notOpen = "Kafka has not been asked yet";

    /// <summary>Names this process among the hosts of a cluster.</summary>
    public string HostId { get; } = Guid.CreateVersion7().ToString("N");

    /// <summary>Whether the log is in memory, in this process or in another host's.</summary>
    public bool IsEmbedded => _options.IsEmbedded;

    /// <summary>The embedded cluster when this process owns it.</summary>
    public EmbeddedKafka? Embedded { get; private set; }

    /// <summary>Names the log that offsets belong to: an embedded cluster that starts again is another one.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Hosts that share an embedded cluster's log.</summary>
    public int Hosts { get; private set; } = 1;

    /// <summary>Where it is, as a client takes it.</summary>
    public string Servers => _bootstrapServers;

    /// <summary>What this installation's clients call themselves: another one's are not taken for them.</summary>
    public string ClientId => $"fecom-{seal.Installation}";

    /// <summary>Why the cluster has not been reached since the host's start; null once it has.</summary>
    public string? NotOpen => _notOpen;

    /// <summary>Partitions that a topic has; those that somebody added are among them within seconds.</summary>
    /// <exception cref="TopicUnavailableException">The cluster has not been reached yet.</exception>
    public int Partitions(string topic)
    {
        RequireOpen();
        return _partitions[topic];
    }

    /// <summary>Partitions of a topic that this installation's hosts send to: see <see cref="SenderPartitions"/>.</summary>
    public int PartitionsToSend(string topic) =>
        _senderPartitions.TryGetValue(topic, out int partitions) ? partitions : Partitions(topic);

    /// <summary>Names the log that a topic's offsets belong to: the cluster, and a number once the topic has been made again.</summary>
    public string Log(string topic)
    {
        RequireOpen();
        return Generation(topic) is > 1 and var generation ? $"{Id}#{generation}" : Id;
    }

    /// <summary>The logs that offsets may belong to now.</summary>
    public string[] Logs => [.. _partitions.Keys.Select(Log).Append(Id).Distinct(StringComparer.Ordinal)];

    /// <summary>Goes on only with a cluster that has been reached.</summary>
    /// <exception cref="TopicUnavailableException">It has not been yet.</exception>
    public void RequireOpen()
    {
        if (_notOpen is { } reason)
        {
            throw new TopicUnavailableException(reason);
        }
    }

    /// <summary>Completes a client's configuration: where the cluster is and how to speak to it.</summary>
    public T Reach<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = _bootstrapServers;
        config.ClientId = ClientId;
        // The library's 10 s would let a pipeline stand still for that long after a broker that was away for a moment is back.
        config.ReconnectBackoffMaxMs = 1_000;
        if (IsEmbedded)
        {
            // Nobody asks it for its clients' figures, and keeping them costs.
            config.EnableMetricsPush = false;
            return config;
        }

        // A broker that stands still, or a network that swallows packets, is given up after this time; the cluster has chosen other
        // leaders after 6 to 9 s. The library's 60 s (30 for a connection, 10 for its first question) would be the pipeline's pause.
        config.SocketTimeoutMs = 8_000;
        config.SocketConnectionSetupTimeoutMs = 5_000;
        config.ApiVersionRequestTimeoutMs = 5_000;
        config.SocketKeepaliveEnable = true;
        // Leaders that moved, and partitions that somebody adds, are known after this time; the default is 5 minutes.
        config.TopicMetadataRefreshIntervalMs = 5_000;
        _options.Security.Apply(config);
        return config;
    }

    /// <summary>Reaches (or starts) the cluster and creates the topics that are missing. One that exists with other partitions is reported, not changed.</summary>
    public async Task OpenAsync(IEnumerable<TopicDefinition> topics, CancellationToken cancellationToken)
    {
        KafkaLibrary.Load();
        List<TopicDefinition> wanted = [.. topics.DistinctBy(topic => topic.Name)];
        try
        {
            await (
                IsEmbedded ? OpenEmbeddedAsync(wanted, cancellationToken) : OpenRealAsync(wanted, cancellationToken)
            );
            _notOpen = null;
        }
        catch (Exception e) when (Outage.Is(e) && !cancellationToken.IsCancellationRequested)
        {
            _notOpen = FailureText.Of(e);
            throw;
        }
    }

    /// <summary>Tells the other hosts of an embedded cluster that this one is there, and counts them.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken) =>
        Hosts = Math.Max(1, await claim.BeatAsync(HostId, cancellationToken));

    /// <summary>Asks for a sign of life.</summary>
    /// <returns>Why there is none within the time; null when a broker answers.</returns>
    public Task<string?> AskAsync(TimeSpan timeout) =>
        BlockingCall.RunAsync(
            () =>
            {
                KafkaAdmin admin = Admin();
                try
                {
                    _ = admin.Client.GetMetadata(timeout);
                    return null;
                }
                catch (KafkaException e)
                {
                    return admin.Explain(e).Message;
                }
            },
            CancellationToken.None
        );

    /// <summary>The members of a consumer group.</summary>
    /// <exception cref="KafkaException">Kafka does not tell.</exception>
    public IReadOnlyList<GroupMemberInfo> MembersOf(string group, TimeSpan timeout) =>
        Admin().Client.ListGroup(group, timeout)?.Members ?? [];

    /// <summary>Looks how many partitions the topics have now, and whether they are still the same. A cluster that does not answer is as it was.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            IAdminClient admin = Admin().Client;
            Metadata metadata = await BlockingCall.RunAsync(() => admin.GetMetadata(Timeout), cancellationToken);
            foreach (
                TopicMetadata topic in metadata.Topics.Where(topic =>
                    topic.Partitions.Count > 0 && _partitions.ContainsKey(topic.Topic)
                )
            )
            {
                Count(topic.Topic, topic.Partitions.Count);
            }

            await ReadLogsAsync(admin, [.. _partitions.Keys], cancellationToken);
        }
        catch (KafkaException e)
        {
            LogNotCounted(e.Error.Reason);
        }
    }

    /// <summary>Reads the topics' settings again.</summary>
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public async Task LookAtSettingsAsync(CancellationToken cancellationToken)
    {
        KafkaAdmin admin = Admin();
        try
        {
            await BlockingCall.RunAsync(
                () => settings.ReadAsync(admin.Client, [.. _partitions.Keys]),
                cancellationToken
            );
        }
        catch (KafkaException e)
        {
            throw admin.Explain(e);
        }
    }

    /// <summary>Looks whether a topic is still the one that it was.</summary>
    /// <returns>The name of its log.</returns>
    public async Task<string> LookAsync(string topic, CancellationToken cancellationToken)
    {
        if (!IsEmbedded)
        {
            await ReadLogsAsync(Admin().Client, [topic], cancellationToken);
        }

        return Log(topic);
    }

    /// <summary>A topic's log ends before an offset that was read: what it held is lost, and what comes now is another log's.</summary>
    /// <returns>The name of its log.</returns>
    public async Task<string> BeginAnewAsync(string topic, CancellationToken cancellationToken)
    {
        Begin(topic, await logs.NextAsync(Id, topic, Generation(topic), cancellationToken));
        return Log(topic);
    }

    public void Dispose()
    {
        _admin?.Dispose();
        Embedded?.Dispose();
    }

    private async Task OpenEmbeddedAsync(List<TopicDefinition> wanted, CancellationToken cancellationToken)
    {
        await BeatAsync(cancellationToken);
        if (await claim.TryHoldAsync(cancellationToken))
        {
            await OwnAsync(wanted, cancellationToken);
        }
        else
        {
            await JoinAsync(cancellationToken);
        }

        foreach (TopicDefinition topic in wanted)
        {
            _partitions[topic.Name] = topic.Partitions;
        }
    }

    private async Task OwnAsync(List<TopicDefinition> wanted, CancellationToken cancellationToken)
    {
        if (Embedded is null)
        {
            Embedded = new EmbeddedKafka();
            Id = Guid.CreateVersion7().ToString("N");
            _bootstrapServers = Embedded.BootstrapServers;
        }

        foreach (TopicDefinition topic in wanted)
        {
            Embedded.CreateTopic(topic.Name, topic.Partitions);
        }

        await claim.AnnounceAsync(new EmbeddedKafkaAddress(Id, _bootstrapServers), cancellationToken);
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        EmbeddedKafkaAddress address =
            await claim.AnnouncedAsync(cancellationToken)
            ?? throw new TopicUnavailableException("The host that starts the embedded Kafka is not ready");
        (Id, _bootstrapServers) = (address.Id, address.BootstrapServers);
        if (await AskAsync(Timeout) is not null)
        {
            throw new TopicUnavailableException("The host that owns the embedded Kafka does not answer");
        }

        LogJoined(_bootstrapServers);
    }

    private async Task OpenRealAsync(List<TopicDefinition> wanted, CancellationToken cancellationToken)
    {
        KafkaAdmin admin = Admin();
        try
        {
            await BlockingCall.RunAsync(() => OpenAsync(admin.Client, wanted, cancellationToken), cancellationToken);
        }
        catch (KafkaException e)
        {
            throw admin.Explain(e);
        }
    }

    private async Task OpenAsync(IAdminClient admin, List<TopicDefinition> wanted, CancellationToken cancellationToken)
    {
        (Id, IReadOnlyDictionary<string, int> actual) = await new TopicCreation(admin, _options.Replicas).EnsureAsync(
            wanted
        );
        foreach (TopicDefinition topic in wanted)
        {
            _partitions[topic.Name] = actual[topic.Name];
            if (actual[topic.Name] != topic.Partitions)
            {
                LogPartitions(topic.Name, actual[topic.Name], topic.Partitions);
            }
        }

        foreach ((string topic, int partitions) in await senders.ReadAsync(Id, actual, cancellationToken))
        {
            _senderPartitions[topic] = partitions;
        }

        await ReadLogsAsync(admin, [.. wanted.Select(topic => topic.Name)], cancellationToken);
        await settings.ReadAsync(admin, [.. wanted.Select(topic => topic.Name)]);
    }

    private int Generation(string topic) => _generations.GetValueOrDefault(topic, 1);

    private void Count(string topic, int now)
    {
        int before = _partitions[topic];
        if (now == before)
        {
            return;
        }

        _partitions[topic] = now;
        // One that was made again with fewer has no room for what the others would get.
        _senderPartitions[topic] = Math.Min(PartitionsToSend(topic), now);
        LogCounted(topic, now, before, PartitionsToSend(topic));
    }

    private async Task ReadLogsAsync(IAdminClient admin, string[] topics, CancellationToken cancellationToken)
    {
        Dictionary<string, string> ids = await TopicIds.ReadAsync(admin, topics);
        foreach ((string topic, int generation) in await logs.ReadAsync(Id, ids, cancellationToken))
        {
            Begin(topic, generation);
        }
    }

    private void Begin(string topic, int generation)
    {
        if (generation != Generation(topic))
        {
            _generations[topic] = generation;
            LogAnew(topic, generation);
        }
    }

    /// <summary>One for the process; another once an embedded cluster is elsewhere.</summary>
    private KafkaAdmin Admin()
    {
        lock (_gate)
        {
            if (_admin?.BootstrapServers != _bootstrapServers)
            {
                _admin?.Dispose();
                _admin = new KafkaAdmin(Reach(new AdminClientConfig()), time);
            }

            return _admin;
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "Topic {Topic} has {Now} partitions now, {Before} before: all are read, and Fecom's own events go to the first {Senders}"
    )]
    private partial void LogCounted(string topic, int now, int before, int senders);

    [LoggerMessage(
        LogLevel.Warning,
        "Topic {Topic} is not the one that it was: it was made again, or its log was lost. It is read from its beginning, as generation {Generation}"
    )]
    private partial void LogAnew(string topic, int generation);

    [LoggerMessage(LogLevel.Debug, "Cannot count the topics' partitions: {Reason}")]
    private partial void LogNotCounted(string reason);

    [LoggerMessage(LogLevel.Information, "Joined the embedded Kafka of another host at {BootstrapServers}")]
    private partial void LogJoined(string bootstrapServers);

    [LoggerMessage(
        LogLevel.Warning,
        "Topic {Topic} has {Actual} partitions, not the configured {Wanted}. It is left as it is"
    )]
    private partial void LogPartitions(string topic, int actual, int wanted);
}
