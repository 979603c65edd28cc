using System.Buffers;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Features;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Fecom.Validation;
using Fecom.Warehouse;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using IHost = Microsoft.Extensions.Hosting.IHost;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>Parts of the host in this process, fed while they work, from the first event sent until every endpoint has the last.</summary>
internal sealed class HostedStages(OutgoingMessage[][] chunks, PrivatePostgres postgres, PrivateRedis redis)
{
    private const string Input = "bench.input";

    /// <summary>The baselines' feed waits for no acknowledgement either.</summary>
    private const int ChunksOnTheirWay = 4;

    /// <summary>Our endpoint: a batch a dispatch, forwarded to a second topic.</summary>
    public Task<StageCosts> DispatchAsync(StageKafka kafka) => ForwardAsync<ForwardBatchConsumer>(kafka);

    /// <summary>The same, each message read as JSON into a record before it is forwarded: what validation cannot do without.</summary>
    public Task<StageCosts> ParseOnlyAsync(StageKafka kafka) => ForwardAsync<ParseBatchConsumer>(kafka);

    /// <summary>The validation module alone.</summary>
    public Task<StageCosts> ValidationAsync(StageKafka kafka) =>
        RunAsync(
            kafka,
            Topics.RawUserBehavior,
            builder =>
            {
                builder.AddValidation();
                builder.Services.AddTopic(Topics.ValidatedUserBehavior, Topics.EventPartitions);
            },
            OneByOneAsync
        );

    /// <summary>Validation and bronze.</summary>
    public Task<StageCosts> BronzeAsync(StageKafka kafka) =>
        RunAsync(
            kafka,
            Topics.RawUserBehavior,
            builder => builder.AddValidation().AddWarehouse(),
            OneByOneAsync,
            countedBy: WrittenRows.BronzeAsync
        );

    /// <summary>Validation and features, offline and online.</summary>
    public Task<StageCosts> FeaturesAsync(StageKafka kafka) =>
        RunAsync(
            kafka,
            Topics.RawUserBehavior,
            builder => builder.AddValidation().AddFeatures(),
            OneByOneAsync,
            countedBy: WrittenRows.FeaturesAsync
        );

    private Task<StageCosts> ForwardAsync<TConsumer>(StageKafka kafka)
        where TConsumer : class, IConsumer<TopicBatch<RawMessage>> =>
        RunAsync(
            kafka,
            Input,
            builder =>
                builder
                    .Services.AddTopicEndpoint<RawMessage, TConsumer>(
                        new()
                        {
                            Name = "bench",
                            Topic = Input,
                            Partitions = Topics.EventPartitions,
                            Produces = [ForwardBatchConsumer.Output],
                        },
                        new RawFormat()
                    )
                    .AddTopic(ForwardBatchConsumer.Output, Topics.EventPartitions),
            SeveralAsync
        );

    /// <summary>A sink knows an event that comes twice by a position that does not ascend, so a source is sent in its order.</summary>
    private static async Task OneByOneAsync(ITopicProducer producer, string input, IEnumerable<OutgoingMessage[]> some)
    {
        foreach (OutgoingMessage[] chunk in some)
        {
            await producer.SendAsync(input, chunk, CancellationToken.None);
        }
    }

    /// <summary>As the baselines' feed: key and value, and no waiting for acknowledgements.</summary>
    private static Task SeveralAsync(ITopicProducer producer, string input, IEnumerable<OutgoingMessage[]> some) =>
        Parallel.ForEachAsync(
            some.Select(chunk => Array.ConvertAll(chunk, message => new OutgoingMessage(message.Key, message.Value))),
            new ParallelOptions { MaxDegreeOfParallelism = ChunksOnTheirWay },
            async (chunk, cancellationToken) => await producer.SendAsync(input, chunk, cancellationToken)
        );

    private async Task<StageCosts> RunAsync(
        StageKafka kafka,
        string input,
        Action<IHostApplicationBuilder> add,
        Func<ITopicProducer, string, IEnumerable<OutgoingMessage[]>, Task> feed,
        Func<NpgsqlDataSource, Task<long>>? countedBy = null
    )
    {
        // Another database's features would have to be repaired first.
        await redis.FlushAsync();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = await postgres.CreateDatabaseAsync(),
                ["ConnectionStrings:Redis"] = redis.ConnectionString,
                ["Kafka:BootstrapServers"] = await kafka.EmptyAsync(),
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
        await feed(producer, input, chunks.Take(1));
        await barrier.PassAsync(input, CancellationToken.None);
        StageMeter meter = new(Environment.ProcessId, kafka.Brokers, postgres.Pid, redis.Pid);
        await feed(producer, input, chunks.Skip(1));
        await barrier.PassAsync(input, CancellationToken.None);
        StageCosts costs = meter.Stop(chunks.Skip(1).Sum(chunk => chunk.Length));
        if (countedBy is not null)
        {
            await WrittenRows.CheckAsync(
                host.Services.GetRequiredService<NpgsqlDataSource>(),
                countedBy,
                chunks.Sum(chunk => chunk.Length)
            );
        }

        await host.StopAsync();
        return costs;
    }
}

internal sealed class ForwardBatchConsumer(ITopicProducer producer) : IConsumer<TopicBatch<RawMessage>>
{
    public const string Output = "bench.output";

    /// <summary>
    /// Key and value go on, as the consumer of one message sends them. The array serves the next batch again: one of this size
    /// would be a large object, which only a full collection frees.
    /// </summary>
    public async Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        IReadOnlyList<TopicMessage<RawMessage>> messages = context.Message.Messages;
        OutgoingMessage[] forwarded = ArrayPool<OutgoingMessage>.Shared.Rent(messages.Count);
        for (int i = 0; i < messages.Count; i++)
        {
            TopicMessage<RawMessage> message = messages[i];
            forwarded[i] = new OutgoingMessage(message.Key, message.Value.Bytes);
        }

        await producer.SendAsync(
            Output,
            new ArraySegment<OutgoingMessage>(forwarded, 0, messages.Count),
            context.CancellationToken
        );
        ArrayPool<OutgoingMessage>.Shared.Return(forwarded, clearArray: true);
    }
}

internal sealed class ParseBatchConsumer(ITopicProducer producer) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        foreach (TopicMessage<RawMessage> message in context.Message.Messages)
        {
            _ =
                JsonSerializer.Deserialize<RiderEvent>(message.Value.Bytes)
                ?? throw new InvalidOperationException("An event is null.");
        }

        return new ForwardBatchConsumer(producer).Consume(context);
    }
}
