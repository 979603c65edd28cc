using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Tells whose a reader's topics are: gives the messages of a batch, and the partitions of an assignment, to their endpoints. Used by the reader's thread only.</summary>
internal sealed unsafe class ReaderLanes : IDisposable
{
    private readonly Dictionary<string, IReaderMember> _byTopic = new(StringComparer.Ordinal);
    private readonly Dictionary<nint, (IReaderMember Member, int FirstLane)> _byHandle = [];

    public ReaderLanes(IReadOnlyList<IReaderMember> members)
    {
        Members = members;
        foreach (IReaderMember member in members)
        {
            foreach (string topic in member.Definition.ReadTopics)
            {
                _byTopic.Add(topic, member);
            }
        }
    }

    public IReadOnlyList<IReaderMember> Members { get; }

    /// <summary>Every topic that is read.</summary>
    public IEnumerable<string> Topics => _byTopic.Keys;

    /// <summary>The partitions that the group has assigned to this reader.</summary>
    public List<TopicPartition> Assigned() => [.. Members.SelectMany(member => member.Partitions.Places)];

    /// <summary>Gives each member its share of the batch.</summary>
    public void Share(NativeBatch batch)
    {
        // A topic's handle is the same for all of a batch's messages.
        _byHandle.Clear();
        foreach (IReaderMember reading in Members)
        {
            reading.Begin();
        }

        nint last = 0;
        IReaderMember? member = null;
        int firstLane = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            NativeMessage* message = batch[i];
            if (message->Error != 0 && (message->Topic == 0 || message->Partition < 0))
            {
                AddToAll(ConsumerFault.Of(lane: null, message));
                continue;
            }

            if (message->Topic != last)
            {
                (member, firstLane) = Of(message->Topic);
                last = message->Topic;
            }

            member!.Add(firstLane + message->Partition, message);
        }

        foreach (IReaderMember reading in Members)
        {
            reading.End();
        }
    }

    /// <summary>The group gives partitions, perhaps none, to this reader.</summary>
    /// <returns>Where each of them is read from.</returns>
    public IEnumerable<TopicPartitionOffset> Assign(
        IConsumer<byte[], byte[]> consumer,
        List<TopicPartition> partitions
    ) =>
        [
            .. Members.SelectMany(member =>
                member.Partitions.Assign(
                    consumer,
                    [.. partitions.Where(partition => _byTopic[partition.Topic] == member)]
                )
            ),
        ];

    /// <summary>The group takes partitions away.</summary>
    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        foreach (IReaderMember member in Members)
        {
            member.Revoke([.. partitions.Where(partition => _byTopic[partition.Topic] == member)]);
        }
    }

    public void Dispose()
    {
        foreach (IReaderMember member in Members)
        {
            member.Dispose();
        }
    }

    private void AddToAll(ConsumerFault fault)
    {
        foreach (IReaderMember member in Members)
        {
            member.Add(fault);
        }
    }

    private (IReaderMember Member, int FirstLane) Of(nint handle)
    {
        if (!_byHandle.TryGetValue(handle, out (IReaderMember Member, int FirstLane) place))
        {
            string topic = RdKafka.TopicName(handle);
            IReaderMember member = _byTopic[topic];
            place = (member, member.Definition.Lane(topic, partition: 0));
            _byHandle.Add(handle, place);
        }

        return place;
    }
}
