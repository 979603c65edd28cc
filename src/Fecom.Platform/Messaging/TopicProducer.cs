using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>The process's one producer. Its idempotence and gapless guarantee keep a partition's order through retries.</summary>
internal sealed partial class TopicProducer : ITopicProducer, IDisposable
{
    /// <summary>Twice what a shop's producer may send by Kafka's defaults: a refused event travels on as base64 with its errors.</summary>
    public const int MaxMessageBytes = 2_000_000;

    private static readonly TimeSpan ReportAgain = TimeSpan.FromSeconds(30);

    private readonly KafkaCluster _cluster;
    private readonly Backlog _backlog;
    private readonly TimeProvider _time;
    private readonly ILogger<TopicProducer> _logger;
    private readonly Lock _gate = new();
    private IProducer<byte[], byte[]>? _producer;
    private int _nextPartition;
    private ErrorCode _reported;
    private long _reportedAt;

    public TopicProducer(KafkaCluster cluster, Backlog backlog, TimeProvider time, ILogger<TopicProducer> logger)
    {
        _time = time;
        _cluster = cluster;
        _backlog = backlog;
        _logger = logger;
    }

    public async Task SendAsync(string topic, IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
        {
            return;
        }

        using Activity? activity = EndpointMetrics.Activities.StartActivity($"send {topic}", ActivityKind.Producer);
        activity?.SetTag("messaging.system", "kafka").SetTag("messaging.destination.name", topic).SetTag("messaging.batch.message_count", messages.Count);
        byte[]? trace = activity?.Id is { } id ? Encoding.ASCII.GetBytes(id) : null;
        Delivery delivery = new(topic, messages.Count, _backlog);
        int partitions = _cluster.Partitions(topic);
        for (int i = 0; i < messages.Count; i++)
        {
            OutgoingMessage message = messages[i];
            int bytes = message.Value.Length + (message.Key?.Length ?? 0);
            if (bytes > MaxMessageBytes)
            {
                throw new ArgumentException($"A message for {topic} has {bytes} bytes; {MaxMessageBytes} is the limit.", nameof(messages));
            }

            int partition = message.Key is { } key
                ? Murmur2.Partition(key, partitions)
                : (int)((uint)Interlocked.Increment(ref _nextPartition) % (uint)partitions);
            await ReserveAsync(topic, partition, bytes, delivery, cancellationToken);
            Produce(new TopicPartition(topic, partition), message, trace, delivery);
        }

        await delivery.Completed.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _producer?.Flush(TimeSpan.FromSeconds(5));
        _producer?.Dispose();
    }

    private async ValueTask ReserveAsync(string topic, int partition, int bytes, Delivery delivery, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room = _backlog.NextRoom;
            if (_backlog.TryReserve(topic, partition, bytes))
            {
                return;
            }

            Task first = await Task.WhenAny(room, delivery.Failed).WaitAsync(cancellationToken);
            await first;
        }
    }

    private void Produce(TopicPartition partition, in OutgoingMessage message, byte[]? trace, Delivery delivery)
    {
        Message<byte[], byte[]> outgoing = new() { Key = message.Key!, Value = message.Value, Headers = MessageHeader.Write(message, trace) };
        IProducer<byte[], byte[]> producer = Current();
        while (true)
        {
            try
            {
                producer.Produce(partition, outgoing, delivery.Handler);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                // librdkafka's own queue is full: this thread waits for it to send, which bounds memory.
                producer.Flush(TimeSpan.FromMilliseconds(100));
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                _backlog.Failed(partition.Topic, partition.Partition, outgoing.Value.Length + (outgoing.Key?.Length ?? 0));
                throw new TopicUnavailableException($"Kafka did not take a message for {partition.Topic}: {e.Error.Reason}", e);
            }
        }
    }

    /// <summary>A producer that lost its idempotence (a fatal error) is replaced; what it had not delivered has failed and is sent again by its sender.</summary>
    private IProducer<byte[], byte[]> Current()
    {
        lock (_gate)
        {
            return _producer ??= Build();
        }
    }

    private void Replace(IProducer<byte[], byte[]> broken)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_producer, broken))
            {
                _producer = null;
            }
        }

        _ = Task.Run(broken.Dispose);
    }

    /// <summary>The library says again and again that no broker answers; once in a while is enough, and each endpoint that waits says so itself.</summary>
    private void Report(Error error)
    {
        long now = _time.GetTimestamp();
        if (error.Code != _reported || _time.GetElapsedTime(_reportedAt, now) > ReportAgain)
        {
            (_reported, _reportedAt) = (error.Code, now);
            LogError(error.Reason);
        }
    }

    private IProducer<byte[], byte[]> Build()
    {
        ProducerConfig config = new()
        {
            EnableIdempotence = true,
            EnableGaplessGuarantee = true,
            Acks = Acks.All,
            // Without end: a sender waits while Kafka is away, rather than losing its place.
            MessageTimeoutMs = 0,
            LingerMs = 10,
            BatchSize = 512 * 1024,
            CompressionType = CompressionType.Lz4,
            QueueBufferingMaxMessages = 200_000,
            QueueBufferingMaxKbytes = 64 * 1024,
            DeliveryReportFields = "key,value",
            MessageMaxBytes = MaxMessageBytes + 16 * 1024,
        };
        return new ProducerBuilder<byte[], byte[]>(_cluster.Reach(config))
            .SetErrorHandler(
                (producer, error) =>
                {
                    Report(error);
                    if (error.IsFatal)
                    {
                        Replace(producer);
                    }
                }
            )
            .SetLogHandler((_, message) => LogLibrary(message.Message))
            .Build();
    }

    /// <summary>Counts the acknowledgements of one call.</summary>
    private sealed class Delivery
    {
        private readonly string _topic;
        private readonly Backlog _backlog;
        private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _open;
        private Error? _error;

        public Delivery(string topic, int messages, Backlog backlog)
        {
            _topic = topic;
            _open = messages;
            _backlog = backlog;
            Handler = Handle;
        }

        public Action<DeliveryReport<byte[], byte[]>> Handler { get; }

        public Task Completed => _completed.Task;

        /// <summary>Faults as soon as one message has failed.</summary>
        public Task Failed => _failed.Task;

        private void Handle(DeliveryReport<byte[], byte[]> report)
        {
            int bytes = report.Message.Value.Length + (report.Message.Key?.Length ?? 0);
            if (report.Error.IsError)
            {
                _error = report.Error;
                _backlog.Failed(_topic, report.Partition, bytes);
                _failed.TrySetException(Exception());
            }
            else
            {
                _backlog.Delivered(_topic, report.Partition, report.Offset, bytes);
            }

            if (Interlocked.Decrement(ref _open) == 0)
            {
                if (_error is null)
                {
                    _completed.SetResult();
                }
                else
                {
                    _completed.SetException(Exception());
                }
            }
        }

        private TopicUnavailableException Exception() => new($"Kafka did not take a message for {_topic}: {_error!.Reason}");
    }

    [LoggerMessage(LogLevel.Warning, "Kafka producer: {Reason}")]
    private partial void LogError(string reason);

    [LoggerMessage(LogLevel.Debug, "Kafka producer: {Text}")]
    private partial void LogLibrary(string text);
}
