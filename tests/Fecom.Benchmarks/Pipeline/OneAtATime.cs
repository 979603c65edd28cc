using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Confluent.Kafka;
using Fecom.Contracts;
using MassTransit;
using MassTransit.Middleware;
using MassTransit.Transports;
using MassTransit.Util;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using IHost = Microsoft.Extensions.Hosting.IHost;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>
/// A MassTransit dispatch for each message, in the steps of its Kafka rider: a confirmation is kept open for each message, the
/// message waits its turn in its partition's executor and then in its key's (both MassTransit's own), its bytes are read as
/// JSON by MassTransit's deserializer, retry is configured, the consumer is made in a scope of its own, what it sends is
/// written as JSON again, the confirmation is closed, and a checkpointer that follows the confirmations in order stores an
/// offset every 5,000 of them. Kinder than the rider in one thing: nobody waits for the acknowledgement of what is sent.
/// </summary>
internal sealed class OneAtATime : IAsyncDisposable
{
    private static readonly Dictionary<string, object> Headers = new(StringComparer.Ordinal)
    {
        [MessageHeaders.ContentType] = "application/json",
    };

    private readonly IHost _host;
    private readonly IServiceScope _scope;
    private readonly IReceiveEndpointDispatcher<RiderConsumer> _dispatcher;
    private readonly TaskExecutor[] _partitions =
    [
        .. Enumerable.Range(0, Topics.EventPartitions).Select(_ => new TaskExecutor(1_000, 1)),
    ];
    private readonly PartitionChannelExecutorPool<ConsumeResult<byte[], byte[]>> _keys = new(
        result => result.Message.Key,
        new Murmur3UnsafeHashGenerator(),
        concurrencyLimit: 1
    );

    private readonly ConcurrentDictionary<TopicPartitionOffset, TaskCompletionSource> _open = new();
    private readonly Checkpointer[] _checkpointers;

    private OneAtATime(IHost host, IConsumer<byte[], byte[]> consumer)
    {
        _host = host;
        _checkpointers = [.. Enumerable.Range(0, Topics.EventPartitions).Select(_ => new Checkpointer(consumer))];
        _scope = host.Services.CreateScope();
        _dispatcher = _scope.ServiceProvider.GetRequiredService<IReceiveEndpointDispatcher<RiderConsumer>>();
    }

    public static async Task<OneAtATime> StartAsync(
        IProducer<byte[], byte[]> producer,
        IConsumer<byte[], byte[]> consumer
    )
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(producer);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddConsumer<RiderConsumer>();
            bus.UsingInMemory((_, _) => { });
            bus.AddConfigureEndpointsCallback(
                (_, endpoint) =>
                {
                    endpoint.UseRawJsonDeserializer(isDefault: true);
                    endpoint.UseMessageRetry(retry => retry.Immediate(3));
                }
            );
        });
        IHost host = builder.Build();
        await host.StartAsync();
        return new OneAtATime(host, consumer);
    }

    /// <summary>Hands a message over; waits only while its partition has a thousand before it.</summary>
    public async Task ProcessAsync(ConsumeResult<byte[], byte[]> message)
    {
        TaskCompletionSource confirmation = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[message.TopicPartitionOffset] = confirmation;
        await _checkpointers[message.Partition.Value].FollowAsync(message, confirmation.Task);
        await _partitions[message.Partition.Value].Push(() => _keys.Run(message, () => DispatchAsync(message)));
    }

    /// <summary>Waits for all that were handed over.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (TaskExecutor partition in _partitions)
        {
            await partition.DisposeAsync();
        }

        await _keys.DisposeAsync();
        foreach (Checkpointer checkpointer in _checkpointers)
        {
            await checkpointer.EndAsync();
        }

        _scope.Dispose();
        await _host.StopAsync();
        _host.Dispose();
    }

    private async Task DispatchAsync(ConsumeResult<byte[], byte[]> message)
    {
        await _dispatcher.Dispatch(message.Message.Value, Headers, CancellationToken.None, message);
        if (_open.TryRemove(message.TopicPartitionOffset, out TaskCompletionSource? confirmation))
        {
            confirmation.TrySetResult();
        }
    }
}

/// <summary>Follows a partition's confirmations in order.</summary>
internal sealed class Checkpointer
{
    private const int Interval = 5_000;

    private readonly Channel<(ConsumeResult<byte[], byte[]> Message, Task Done)> _pending = Channel.CreateBounded<(
        ConsumeResult<byte[], byte[]>,
        Task
    )>(new BoundedChannelOptions(2 * Interval) { SingleReader = true, SingleWriter = true });

    private readonly Task _following;

    public Checkpointer(IConsumer<byte[], byte[]> consumer) => _following = Task.Run(() => RunAsync(consumer));

    public ValueTask FollowAsync(ConsumeResult<byte[], byte[]> message, Task done) =>
        _pending.Writer.WriteAsync((message, done));

    public Task EndAsync()
    {
        _pending.Writer.Complete();
        return _following;
    }

    private async Task RunAsync(IConsumer<byte[], byte[]> consumer)
    {
        int done = 0;
        await foreach ((ConsumeResult<byte[], byte[]> message, Task confirmation) in _pending.Reader.ReadAllAsync())
        {
            await confirmation;
            if (++done % Interval == 0)
            {
                consumer.StoreOffset(message);
            }
        }
    }
}

/// <summary>An event as a shop's engineer would declare it for the rider.</summary>
internal sealed record RiderEvent
{
    [JsonPropertyName("event_time")]
    public string EventTime { get; init; } = "";

    [JsonPropertyName("event_type")]
    public string EventType { get; init; } = "";

    [JsonPropertyName("product_id")]
    public long ProductId { get; init; }

    [JsonPropertyName("category_id")]
    public JsonElement CategoryId { get; init; }

    [JsonPropertyName("category_code")]
    public string? CategoryCode { get; init; }

    [JsonPropertyName("brand")]
    public string? Brand { get; init; }

    [JsonPropertyName("price")]
    public decimal Price { get; init; }

    [JsonPropertyName("user_id")]
    public string UserId { get; init; } = "";

    [JsonPropertyName("user_session")]
    public string UserSession { get; init; } = "";
}

internal sealed class RiderConsumer(IProducer<byte[], byte[]> producer) : IConsumer<RiderEvent>
{
    public Task Consume(ConsumeContext<RiderEvent> context)
    {
        ConsumeResult<byte[], byte[]> from = context.GetPayload<ConsumeResult<byte[], byte[]>>();
        byte[] value = JsonSerializer.SerializeToUtf8Bytes(context.Message);
        producer.Produce(
            new TopicPartition("bench.output", from.Partition),
            new Message<byte[], byte[]> { Key = from.Message.Key, Value = value }
        );
        return Task.CompletedTask;
    }
}
