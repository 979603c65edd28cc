using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>The process's one producer. Its idempotence and gapless guarantee keep a partition's order through retries.</summary>
internal sealed partial class TopicProducer(
    KafkaCluster cluster,
    TopicSettings settings,
    OriginSeal seal,
    Backlog backlog,
    TimeProvider time,
    ILogger<TopicProducer> logger
) : IDisposable
{
    /// <summary>Twice Kafka's default limit for a shop's producer: an invalid event is forwarded as base64 together with its errors.</summary>
    public const int MaxMessageBytes = 2_000_000;

    private readonly Lock _gate = new();
    private NativeProducer? _producer;
    private readonly ErrorThrottle _errors = new(time);
    private int _nextPartition;

    /// <inheritdoc cref="ITopicProducer.SendAsync"/>
    public async Task SendAsync(
        string topic,
        IReadOnlyList<OutgoingMessage> messages,
        CancellationToken cancellationToken
    )
    {
        if (messages.Count == 0)
        {
            return;
        }

        CheckSizes(topic, messages);
        using Activity? activity = EndpointMetrics.Activities.StartActivity($"send {topic}", ActivityKind.Producer);
        activity
            ?.SetTag("messaging.system", "kafka")
            .SetTag("messaging.destination.name", topic)
            .SetTag("messaging.batch.message_count", messages.Count);
        byte[]? trace = activity?.Id is { } id ? Encoding.ASCII.GetBytes(id) : null;
        Delivery delivery = new(topic, messages.Count, backlog);
        int sent = 0;
        try
        {
            while (true)
            {
                Task room = backlog.NextRoom;
                sent = Send(topic, messages, sent, trace, delivery);
                if (sent == messages.Count)
                {
                    break;
                }

                backlog.Tell(topic);
                await await Task.WhenAny(room, delivery.Failed).WaitAsync(cancellationToken);
            }
        }
        finally
        {
            delivery.Abandon(messages.Count - sent);
        }

        try
        {
            await delivery.Completed.WaitAsync(cancellationToken);
        }
        finally
        {
            backlog.Tell(topic);
        }
    }

    /// <inheritdoc cref="ITopicProducer.MaxBytes"/>
    public int MaxBytes(string topic) => settings.MaxBytes(topic);

    public void Dispose() => _producer?.Dispose();

    private void CheckSizes(string topic, IReadOnlyList<OutgoingMessage> messages)
    {
        int max = MaxBytes(topic);
        for (int i = 0; i < messages.Count; i++)
        {
            int bytes = Size(messages[i]);
            if (bytes > max)
            {
                throw new MessageTooLargeException(
                    $"A message for {topic} has {bytes} bytes; the topic takes {max} (its {TopicFit.MaxMessageBytes}, or Fecom's own limit)"
                );
            }
        }
    }

    private static int Size(in OutgoingMessage message) => message.Value.Length + (message.Key?.Length ?? 0);

    /// <summary>Passes messages to the library until there is no room, or one has failed.</summary>
    /// <returns>Index of the first message that was not passed on.</returns>
    private int Send(string topic, IReadOnlyList<OutgoingMessage> messages, int from, byte[]? trace, Delivery delivery)
    {
        int partitions = cluster.PartitionsToSend(topic);
        NativeProducer producer = Current();
        MessageArena arena = MessageArena.OfThisThread;
        int next = from;
        while (next < messages.Count && !delivery.HasFailed)
        {
            OutgoingMessage message = messages[next];
            int partition = message.Key is { } key
                ? Murmur2.Partition(key, partitions)
                : (int)((uint)Interlocked.Increment(ref _nextPartition) % (uint)partitions);
            if (!backlog.TryReserve(topic, partition, Size(message)))
            {
                break;
            }

            next++;
            bool plain = message.Origin is null && message.Malformed is null && trace is null;
            if (plain && arena.TryAdd(partition, message, delivery.Opaque))
            {
                continue;
            }

            Flush(producer, topic, arena, delivery);
            if (!plain || !arena.TryAdd(partition, message, delivery.Opaque))
            {
                int error = producer.Produce(topic, partition, message, trace, delivery.Opaque);
                if (error != 0)
                {
                    delivery.Handle(error, partition, -1, Size(message));
                }
            }
        }

        Flush(producer, topic, arena, delivery);
        return next;
    }

    private static unsafe void Flush(NativeProducer producer, string topic, MessageArena arena, Delivery delivery)
    {
        if (arena.Count > 0 && !producer.Produce(topic, arena.Pointer, arena.Count))
        {
            foreach (ref readonly NativeMessage message in arena.Messages)
            {
                if (message.Error != 0)
                {
                    delivery.Handle(
                        message.Error,
                        message.Partition,
                        -1,
                        (int)(message.KeyLength + message.ValueLength)
                    );
                }
            }
        }

        arena.Clear();
    }

    /// <summary>Replaces a producer that has lost its idempotence (a fatal error); what it had not delivered fails, and its sender sends it again.</summary>
    private NativeProducer Current()
    {
        lock (_gate)
        {
            return _producer ??= new NativeProducer(Configure(), seal, Failed);
        }
    }

    private void Failed(NativeProducer producer, Error error)
    {
        if (_errors.ShouldLog(error.Code))
        {
            LogError(error.Reason);
        }

        if (!error.IsFatal)
        {
            return;
        }

        lock (_gate)
        {
            if (ReferenceEquals(_producer, producer))
            {
                _producer = null;
            }
        }

        _ = Task.Run(producer.Dispose);
    }

    private ProducerConfig Configure() =>
        cluster.Reach(
            new ProducerConfig
            {
                EnableIdempotence = true,
                EnableGaplessGuarantee = true,
                Acks = Acks.All,
                // No limit: a sender waits while Kafka is unavailable, so that the order within a partition is kept.
                MessageTimeoutMs = 0,
                // A real cluster's brokers have less to do with fewer and larger batches.
                LingerMs = cluster.IsEmbedded ? 0.5 : 2,
                // <c>max.message.bytes</c> limits a whole batch.
                BatchSize = Math.Min(512 * 1024, settings.MaxBytesOfBatch),
                CompressionType = CompressionType.Lz4,
                QueueBufferingMaxMessages = 200_000,
                QueueBufferingMaxKbytes = 64 * 1024,
                MessageMaxBytes = MaxMessageBytes + 16 * 1024,
            }
        );

    [LoggerMessage(LogLevel.Warning, "Kafka producer: {Reason}")]
    private partial void LogError(string reason);
}
