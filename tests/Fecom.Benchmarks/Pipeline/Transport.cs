using System.Diagnostics;
using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Fecom.Validation;
using MassTransit;
using MassTransit.Transports;
using IHost = Microsoft.Extensions.Hosting.IHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>The stages that need no sinks, each on an embedded cluster of its own, fed while it works.</summary>
internal sealed class Transport
{
    private const string Input = "bench.input";
    private const string Output = "bench.output";

    private readonly OutgoingMessage[][] _chunks;
    private readonly int _events;

    public Transport(int events)
    {
        EventMaker maker = new(seed: 1, users: 20_000, invalid: 0);
        _events = events;
        _chunks = [.. Enumerable.Range(0, events).Select(_ => maker.Next().Message).Chunk(5_000)];
    }

    /// <summary>Consumer to producer, nothing between.</summary>
    public async Task<double> PlainLoopAsync()
    {
        using EmbeddedKafka cluster = Cluster();
        using IProducer<byte[], byte[]> producer = Producer(cluster);
        return await LoopAsync(cluster, producer, message => Forward(producer, message));
    }

    /// <summary>The same loop, each message through a MassTransit consumer.</summary>
    public async Task<double> OneAtATimeAsync()
    {
        using EmbeddedKafka cluster = Cluster();
        using IProducer<byte[], byte[]> producer = Producer(cluster);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(producer);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddConsumer<OneMessageConsumer>();
            bus.UsingInMemory((_, _) => { });
            bus.AddConfigureEndpointsCallback((_, endpoint) => endpoint.AddDeserializer(new BatchSerialization(), isDefault: true));
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        using IServiceScope scope = host.Services.CreateScope();
        IReceiveEndpointDispatcher<OneMessageConsumer> dispatcher = scope.ServiceProvider.GetRequiredService<
            IReceiveEndpointDispatcher<OneMessageConsumer>
        >();
        Dictionary<string, object> headers = new(StringComparer.Ordinal) { [MessageHeaders.ContentType] = BatchSerialization.MediaType };
        double rate = await LoopAsync(
            cluster,
            producer,
            message => dispatcher.Dispatch([], headers, CancellationToken.None, new BatchPayload(new OneMessage(message))).GetAwaiter().GetResult()
        );
        await host.StopAsync();
        return rate;
    }

    /// <summary>Our endpoint: a batch a dispatch, forwarded to a second topic.</summary>
    public Task<double> BatchesAsync(PrivatePostgres postgres) =>
        HostedAsync(
            postgres,
            Input,
            builder =>
                builder
                    .Services.AddTopicEndpoint<RawMessage, ForwardBatchConsumer>(
                        new()
                        {
                            Name = "bench",
                            Topic = Input,
                            Partitions = Topics.EventPartitions,
                            Produces = [Output],
                        },
                        new RawFormat()
                    )
                    .AddTopic(Output, Topics.EventPartitions)
        );

    /// <summary>The validation module alone.</summary>
    public Task<double> ValidationAsync(PrivatePostgres postgres) =>
        HostedAsync(
            postgres,
            Topics.RawUserBehavior,
            builder =>
            {
                builder.AddValidation();
                builder.Services.AddTopic(Topics.ValidatedUserBehavior, Topics.EventPartitions);
            }
        );

    private async Task<double> HostedAsync(PrivatePostgres postgres, string input, Action<HostApplicationBuilder> add)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = await postgres.CreateDatabaseAsync(),
                ["ConnectionStrings:Redis"] = "127.0.0.1:1",
            }
        );
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(builder.Configuration);
        add(builder);
        builder.Services.AddMessaging(builder.Configuration);
        using IHost host = builder.Build();
        await host.PrepareAsync();
        await host.StartAsync();
        ITopicProducer producer = host.Services.GetRequiredService<ITopicProducer>();
        IPipelineBarrier barrier = host.Services.GetRequiredService<IPipelineBarrier>();
        await producer.SendAsync(input, _chunks[0], CancellationToken.None);
        await barrier.PassAsync(input, CancellationToken.None);
        long start = Stopwatch.GetTimestamp();
        foreach (OutgoingMessage[] chunk in _chunks)
        {
            await producer.SendAsync(input, chunk, CancellationToken.None);
        }

        await barrier.PassAsync(input, CancellationToken.None);
        double rate = _events / Stopwatch.GetElapsedTime(start).TotalSeconds;
        await host.StopAsync();
        return rate;
    }

    private async Task<double> LoopAsync(
        EmbeddedKafka cluster,
        IProducer<byte[], byte[]> producer,
        Action<ConsumeResult<byte[], byte[]>> process
    )
    {
        using SemaphoreSlim room = new(60_000);
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig
            {
                BootstrapServers = cluster.BootstrapServers,
                GroupId = "bench",
                AutoOffsetReset = AutoOffsetReset.Earliest,
                QueuedMinMessages = 20_000,
                FetchQueueBackoffMs = 5,
                FetchWaitMaxMs = 20,
            }
        ).Build();
        consumer.Assign(Enumerable.Range(0, Topics.EventPartitions).Select(p => new TopicPartitionOffset(Input, p, Offset.Beginning)));
        long start = Stopwatch.GetTimestamp();
        Task feeding = Task.Run(() => Feed(producer, room));
        for (int done = 0; done < _events; done++)
        {
            ConsumeResult<byte[], byte[]> message = consumer.Consume(TimeSpan.FromSeconds(30));
            process(message);
            room.Release();
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        await feeding;
        return _events / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Sends the input; the embedded log is short, so no more than the semaphore's count lies unread.</summary>
    private void Feed(IProducer<byte[], byte[]> producer, SemaphoreSlim room)
    {
        foreach (OutgoingMessage message in _chunks.SelectMany(chunk => chunk))
        {
            room.Wait();
            Produce(
                producer,
                new TopicPartition(Input, Murmur2.Partition(message.Key, Topics.EventPartitions)),
                new Message<byte[], byte[]> { Key = message.Key!, Value = message.Value, Headers = Origin(message) }
            );
        }
    }

    private static Confluent.Kafka.Headers Origin(in OutgoingMessage message) => [new Header("fecom-origin", MessageHeader.Write(message.Origin!.Value))];

    private static void Forward(IProducer<byte[], byte[]> producer, ConsumeResult<byte[], byte[]> message) =>
        Produce(producer, new TopicPartition(Output, message.Partition), message.Message);

    private static void Produce(IProducer<byte[], byte[]> producer, TopicPartition partition, Message<byte[], byte[]> message)
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

    private static EmbeddedKafka Cluster()
    {
        KafkaLibrary.Load("");
        EmbeddedKafka cluster = new();
        cluster.CreateTopic(Input, Topics.EventPartitions);
        cluster.CreateTopic(Output, Topics.EventPartitions);
        return cluster;
    }

    private static IProducer<byte[], byte[]> Producer(EmbeddedKafka cluster) =>
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

/// <summary>A message for a consumer that takes one at a time.</summary>
internal sealed record OneMessage(ConsumeResult<byte[], byte[]> Result);

internal sealed class OneMessageConsumer(IProducer<byte[], byte[]> producer) : IConsumer<OneMessage>
{
    public Task Consume(ConsumeContext<OneMessage> context)
    {
        ConsumeResult<byte[], byte[]> message = context.Message.Result;
        producer.Produce(new TopicPartition("bench.output", message.Partition), message.Message);
        return Task.CompletedTask;
    }
}

internal sealed class ForwardBatchConsumer(ITopicProducer producer) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
        producer.SendAsync(
            "bench.output",
            [.. context.Message.Messages.Select(message => new OutgoingMessage(message.Key, message.Value.Bytes, message.Origin))],
            context.CancellationToken
        );
}
