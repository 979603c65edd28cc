using Confluent.Kafka;
using Fecom.Platform.Failures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>The cluster that this process uses: its address, its id, and its topics, which it creates where they are missing.</summary>
internal sealed partial class KafkaCluster(
    IOptions<KafkaOptions> options,
    EmbeddedKafkaClaim claim,
    OriginSeal seal,
    ClusterTopics topics,
    TopicSettings settings,
    TimeProvider time,
    ILogger<KafkaCluster> logger
) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly KafkaOptions _options = options.Value;
    private readonly Lock _gate = new();
    private string _bootstrapServers = options.Value.BootstrapServers;
    private KafkaAdmin? _admin;
    private volatile string? _notOpen = "Kafka has not been asked yet";

    /// <summary>Identifies this process among the hosts of a cluster.</summary>
    public string HostId { get; } = Guid.CreateVersion7().ToString("N");

    /// <summary>Whether the log is in memory, in this process or in another host's.</summary>
    public bool IsEmbedded => _options.IsEmbedded;

    /// <summary>The embedded cluster when this process owns it.</summary>
    public EmbeddedKafka? Embedded { get; private set; }

    /// <summary>Identifies the log that offsets belong to: each start of an embedded cluster has a log of its own.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Hosts that share an embedded cluster's log.</summary>
    public int Hosts { get; private set; } = 1;

    /// <summary>Whether another broker takes over when one ends.</summary>
    public bool HasSpareBrokers { get; private set; }

    /// <summary>Its address, in the form of <c>bootstrap.servers</c>.</summary>
    public string Servers => _bootstrapServers;

    /// <summary>The client id of this installation, by which its group members are told from those of others.</summary>
    public string ClientId => $"fecom-{seal.Installation}";

    /// <summary>Why the cluster has not been reached since the host's start; null once it has.</summary>
    public string? NotOpen => _notOpen;

    /// <summary>Partitions that a topic has now; one that was added counts within 10 s.</summary>
    /// <exception cref="TopicUnavailableException">The cluster has not been reached yet.</exception>
    public int Partitions(string topic)
    {
        RequireOpen();
        return topics.Partitions(topic);
    }

    /// <summary>Partitions of a topic that this installation's hosts send to: see <see cref="SenderPartitions"/>.</summary>
    public int PartitionsToSend(string topic)
    {
        RequireOpen();
        return topics.PartitionsToSend(topic);
    }

    /// <summary>Identifies the log that a topic's offsets belong to: the cluster's id, followed by a generation once the topic has been recreated.</summary>
    public string Log(string topic)
    {
        RequireOpen();
        return topics.Generation(topic) is > 1 and var generation ? $"{Id}#{generation}" : Id;
    }

    /// <summary>The logs of all topics.</summary>
    public string[] Logs => [.. topics.Names.Select(Log).Append(Id).Distinct(StringComparer.Ordinal)];

    /// <summary>Throws unless the cluster has been reached.</summary>
    /// <exception cref="TopicUnavailableException">The cluster has not been reached since the host's start.</exception>
    public void RequireOpen()
    {
        if (_notOpen is { } reason)
        {
            throw new TopicUnavailableException(reason);
        }
    }

    /// <summary>Completes a client's configuration with the cluster's address, security and timeouts.</summary>
    public T Reach<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = _bootstrapServers;
        config.ClientId = ClientId;
        // With the library's 10 s a pipeline could pause for that long after a broker's short interruption.
        config.ReconnectBackoffMaxMs = 1_000;
        if (IsEmbedded)
        {
            // The embedded cluster collects no client metrics, and the library would spend time on them.
            config.EnableMetricsPush = false;
            return config;
        }

        // After this time a broker that hangs, or a network that drops packets, counts as failed; the cluster has elected other
        // leaders after 6 to 9 s. With the library's 60 s (30 to connect, 10 for its first request) the pipeline would pause so long.
        // A group's coordinator is looked for again after this time, within the session of EndpointConsumer.
        config.SocketTimeoutMs = 6_000;
        config.SocketConnectionSetupTimeoutMs = 5_000;
        config.ApiVersionRequestTimeoutMs = 5_000;
        config.SocketKeepaliveEnable = true;
        // How soon moved leaders and added partitions are noticed; the library's default is 5 minutes. It adds to the 6 to 9 s
        // after which the leaders of a broker that hangs have moved.
        config.TopicMetadataRefreshIntervalMs = 2_000;
        _options.Security.Apply(config);
        return config;
    }

    /// <summary>Connects to the cluster (or starts it) and creates missing topics. A topic with another number of partitions is reported, not changed.</summary>
    public async Task OpenAsync(IEnumerable<TopicDefinition> required, CancellationToken cancellationToken)
    {
        KafkaLibrary.Load();
        List<TopicDefinition> wanted = [.. required.DistinctBy(topic => topic.Name)];
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

    /// <summary>Writes this host's heartbeat for the other hosts of an embedded cluster, and counts them.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken) =>
        Hosts = Math.Max(1, await claim.BeatAsync(HostId, cancellationToken));

    /// <summary>Asks the cluster for its metadata.</summary>
    /// <returns>Why no broker answers within the timeout; null when one does.</returns>
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
    /// <exception cref="KafkaException">Kafka does not answer.</exception>
    public IReadOnlyList<GroupMemberInfo> MembersOf(string group, TimeSpan timeout) =>
        Admin().Client.ListGroup(group, timeout)?.Members ?? [];

    /// <summary>Reads how many partitions the topics have now, and whether one was recreated. A cluster that does not answer changes nothing.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            IAdminClient admin = Admin().Client;
            Metadata metadata = await BlockingCall.RunAsync(() => admin.GetMetadata(Timeout), cancellationToken);
            topics.Count(metadata.Topics);
            await topics.ReadLogsAsync(admin, Id, topics.Names, cancellationToken);
        }
        catch (KafkaException e)
        {
            LogNotCounted(e.Error.Reason);
        }
    }

    /// <summary>Reads the topics' settings again.</summary>
    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public async Task RefreshSettingsAsync(CancellationToken cancellationToken)
    {
        KafkaAdmin admin = Admin();
        try
        {
            await BlockingCall.RunAsync(() => settings.ReadAsync(admin.Client, topics.Names), cancellationToken);
        }
        catch (KafkaException e)
        {
            throw admin.Explain(e);
        }
    }

    /// <summary>Reads whether a topic was recreated.</summary>
    /// <returns>The name of its log.</returns>
    public async Task<string> RefreshLogAsync(string topic, CancellationToken cancellationToken)
    {
        if (!IsEmbedded)
        {
            await topics.ReadLogsAsync(Admin().Client, Id, [topic], cancellationToken);
        }

        return Log(topic);
    }

    /// <summary>Begins a new log's generation, after a topic's log was found to end before an offset that was read: what it held is lost, and its offsets count anew.</summary>
    /// <returns>The name of its log.</returns>
    public async Task<string> BeginLogAsync(string topic, CancellationToken cancellationToken)
    {
        await topics.BeginLogAsync(Id, topic, cancellationToken);
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

        topics.Set(wanted);
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
        (Id, int brokers, IReadOnlyDictionary<string, int> actual) = await new TopicCreation(
            admin,
            _options.Replicas
        ).EnsureAsync(wanted);
        HasSpareBrokers = brokers > 1;
        await topics.OpenAsync(admin, Id, wanted, actual, cancellationToken);
        await settings.ReadAsync(admin, [.. wanted.Select(topic => topic.Name)]);
    }

    /// <summary>One client for the process; a new one when the embedded cluster's address has changed.</summary>
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

    [LoggerMessage(LogLevel.Debug, "Cannot count the topics' partitions: {Reason}")]
    private partial void LogNotCounted(string reason);

    [LoggerMessage(LogLevel.Information, "Joined the embedded Kafka of another host at {BootstrapServers}")]
    private partial void LogJoined(string bootstrapServers);
}
