using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An endpoint within a <see cref="TopicReader"/>: its lanes, and its share of each batch. Used by the reader's thread only.</summary>
internal interface IReaderMember : IDisposable
{
    TopicEndpointDefinition Definition { get; }

    EndpointPartitions Partitions { get; }

    /// <summary>Whether somebody has asked for another offset of one of its lanes.</summary>
    bool HasMove { get; }

    /// <summary>Uses a consumer; comes before everything else.</summary>
    /// <param name="consumer">The reader's.</param>
    /// <param name="retry">How it retries.</param>
    /// <param name="stopping">Takes no further batch; the running one is finished.</param>
    /// <param name="abort">Cancels the running batch too.</param>
    void Join(
        IConsumer<byte[], byte[]> consumer,
        EndpointRetry retry,
        CancellationToken stopping,
        CancellationToken abort
    );

    /// <summary>Whether a batch that its consumer has taken is not finished: see <see cref="TopicBatch{T}.Finish"/>.</summary>
    bool IsFinishing { get; }

    /// <summary>The group takes partitions away.</summary>
    void Revoke(List<TopicPartitionOffset> partitions);

    /// <summary>Between two batches: begins a recreated topic anew, and makes the moves of offsets that were asked for.</summary>
    void Prepare();

    /// <summary>Begins its share of the next batch.</summary>
    void Begin();

    /// <summary>Takes a message, or an error that stands in the place of one, into its share.</summary>
    unsafe void Add(int lane, NativeMessage* message);

    /// <summary>Takes an error that concerns the whole consumer.</summary>
    void Add(ConsumerFault fault);

    /// <summary>The batch has been read: records what the read has changed.</summary>
    void End();

    /// <summary>Processes its share, retrying for as long as a server is unavailable, and advances the offsets, or leaves that to <see cref="Finish"/>.</summary>
    void Process();

    /// <summary>Waits until the last batch is finished, if it is not, retrying for as long as a server is unavailable, and advances the offsets.</summary>
    void Finish();

    /// <summary>Continues where the log no longer has the next record, and fetches faulty lanes again, to learn whether the fault is over.</summary>
    void Recover();
}
