using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>The baselines: a loop over the Kafka client, on a cluster of its own, fed while it works.</summary>
internal sealed class ClientLoop(OutgoingMessage[][] chunks)
{
    private const string Input = "bench.input";
    private const string Output = "bench.output";

    private int Events { get; } = chunks.Sum(chunk => chunk.Length);

    /// <summary>Consumer to producer, nothing between.</summary>
    public async Task<StageCosts> PlainAsync(StageKafka kafka)
    {
        using LoopCluster cluster = await kafka.WithTopicsAsync(Input, Output);
        using IProducer<byte[], byte[]> producer = Producer(cluster);
        using IConsumer<byte[], byte[]> consumer = Consumer(cluster);
        return await LoopAsync(
            kafka,
            consumer,
            producer,
            message => Forward(producer, message),
            () => ValueTask.CompletedTask
        );
    }

    /// <summary>The same loop, each message through a MassTransit consumer.</summary>
    public async Task<StageCosts> OneAtATimeAsync(StageKafka kafka)
    {
        using LoopCluster cluster = await kafka.WithTopicsAsync(Input, Output);
        using IProducer<byte[], byte[]> producer = Producer(cluster);
        using IConsumer<byte[], byte[]> consumer = Consumer(cluster);
        OneAtATime dispatch = await OneAtATime.StartAsync(producer, consumer);
        return await LoopAsync(kafka, consumer, producer, dispatch.ProcessAsync, dispatch.DisposeAsync);
    }

    private async Task<StageCosts> LoopAsync(
        StageKafka kafka,
        IConsumer<byte[], byte[]> consumer,
        IProducer<byte[], byte[]> producer,
        Func<ConsumeResult<byte[], byte[]>, Task> process,
        Func<ValueTask> finish
    )
    {
        using SemaphoreSlim room = new(60_000);
        StageMeter meter = new(Environment.ProcessId, kafka.Brokers);
        Task feeding = Task.Run(() => Feed(producer, room));
        for (int done = 0; done < Events; done++)
        {
            ConsumeResult<byte[], byte[]> message = consumer.Consume(TimeSpan.FromSeconds(30));
            await process(message);
            room.Release();
        }

        await feeding;
        await finish();
        producer.Flush(TimeSpan.FromSeconds(30));
        StageCosts costs = meter.Stop(Events);
        Check(consumer);
        return costs;
    }

    private static IConsumer<byte[], byte[]> Consumer(LoopCluster cluster)
    {
        IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig
            {
                BootstrapServers = cluster.BootstrapServers,
                GroupId = "bench",
                AutoOffsetReset = AutoOffsetReset.Earliest,
                EnableAutoOffsetStore = false,
                QueuedMinMessages = 20_000,
                FetchQueueBackoffMs = 5,
                FetchWaitMaxMs = 20,
            }
        ).Build();
        consumer.Assign(
            Enumerable
                .Range(0, Topics.EventPartitions)
                .Select(p => new TopicPartitionOffset(Input, p, Offset.Beginning))
        );
        return consumer;
    }

    /// <summary>Sends the input; the embedded log is short, so no more than the semaphore's count lies unread.</summary>
    private void Feed(IProducer<byte[], byte[]> producer, SemaphoreSlim room)
    {
        foreach (OutgoingMessage message in chunks.SelectMany(chunk => chunk))
        {
            room.Wait();
            Produce(
                producer,
                new TopicPartition(Input, Murmur2.Partition(message.Key, Topics.EventPartitions)),
                new Message<byte[], byte[]> { Key = message.Key!, Value = message.Value }
            );
        }
    }

    private static Task Forward(IProducer<byte[], byte[]> producer, ConsumeResult<byte[], byte[]> message)
    {
        Produce(producer, new TopicPartition(Output, message.Partition), message.Message);
        return Task.CompletedTask;
    }

    /// <summary>A loop that loses messages is quick.</summary>
    private void Check(IConsumer<byte[], byte[]> consumer)
    {
        long arrived = Enumerable
            .Range(0, Topics.EventPartitions)
            .Sum(p =>
                consumer.QueryWatermarkOffsets(new TopicPartition(Output, p), TimeSpan.FromSeconds(10)).High.Value
            );
        if (arrived != Events)
        {
            throw new InvalidOperationException($"{arrived:N0} of {Events:N0} events were forwarded.");
        }
    }

    private static void Produce(
        IProducer<byte[], byte[]> producer,
        TopicPartition partition,
        Message<byte[], byte[]> message
    )
    {
        while (true)
        {
            try
            {
                producer.Produce(partition, message);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Flush(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private static IProducer<byte[], byte[]> Producer(LoopCluster cluster) =>
        new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig
            {
                BootstrapServers = cluster.BootstrapServers,
                EnableIdempotence = true,
                LingerMs = 20,
                BatchSize = 1_000_000,
                CompressionType = CompressionType.Lz4,
                QueueBufferingMaxMessages = 200_000,
                EnableDeliveryReports = false,
            }
        ).Build();
}
