using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Reads what consumer groups have committed, through an idle consumer of each. librdkafka's admin call for the same aborts the
/// process when the broker disconnects during the call (confluentinc/librdkafka issue 4605).
/// </summary>
internal sealed class GroupOffsets(KafkaCluster cluster) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IConsumer<Ignore, Ignore>> _members = new(StringComparer.Ordinal);

    /// <summary>The next offset that a group has committed in each partition where it has.</summary>
    /// <exception cref="KafkaException">Kafka does not answer.</exception>
    public Task<IReadOnlyList<TopicPartitionOffset>> CommittedAsync(
        string group,
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken
    ) => BlockingCall.RunAsync(() => Committed(group, partitions), cancellationToken);

    public void Dispose()
    {
        foreach (IConsumer<Ignore, Ignore> member in _members.Values)
        {
            member.Dispose();
        }
    }

    private IReadOnlyList<TopicPartitionOffset> Committed(
        string group,
        IReadOnlyCollection<TopicPartition> partitions
    ) => [.. Member(group).Committed(partitions, Timeout).Where(offset => !offset.Offset.IsSpecial)];

    /// <summary>It subscribes to nothing, so it never joins the group.</summary>
    private IConsumer<Ignore, Ignore> Member(string group)
    {
        lock (_gate)
        {
            if (!_members.TryGetValue(group, out IConsumer<Ignore, Ignore>? member))
            {
                ConsumerConfig config = cluster.Reach(new ConsumerConfig { GroupId = group, EnableAutoCommit = false });
                member = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
                _members.Add(group, member);
            }

            return member;
        }
    }
}
