using System.Collections.Concurrent;
using System.Text;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>A consumer may leave something to do for later: the next batch comes meanwhile, and nothing counts as processed before it is done.</summary>
public sealed class UnfinishedBatchTests(Servers servers)
{
    private const string Topic = "test.unfinished";
    private const string Endpoint = "test-unfinished";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Unfinished _unfinished = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task The_next_batch_is_taken_while_one_is_unfinished_and_none_counts_as_processed_before()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(redis);
        ConsumerProgress progress = host.Services.GetRequiredService<ConsumerProgress>();
        TopicEndpointDefinition endpoint = Status(host).Definition;

        await SendAsync(host, 1, 2);
        await Poll.UntilEqualAsync("1 2", Taken, Limit, "taken while the first is unfinished");
        Assert.Equal(0, progress.Next(endpoint, 0));

        _unfinished.Done.SetResult();
        await host.Barrier.PassAsync(Topic, Cancelled);
        Assert.Equal(2, progress.Next(endpoint, 0));
        Assert.Equal(2, _unfinished.Finished);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_left_to_do_is_tried_again_after_an_outage_and_the_endpoint_says_that_it_waits()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(redis);
        _unfinished.Away = true;
        _unfinished.Done.SetResult();

        await SendAsync(host, 1);
        await Poll.UntilAsync(
            () => Task.FromResult(Status(host).Waits == "the second store does not answer"),
            Limit,
            "the endpoint does not say that it waits"
        );
        _unfinished.Away = false;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Null(Status(host).Waits);
        Assert.Equal("1", await Taken());
        Assert.Equal(1, _unfinished.Finished);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_host_that_stops_finishes_what_it_has_taken()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        PipelineHost host = await StartAsync(redis);
        await SendAsync(host, 1);
        await Poll.UntilEqualAsync("1", Taken, Limit, "taken");

        Task stopped = host.DisposeAsync().AsTask();
        _unfinished.Done.SetResult();
        await stopped;

        Assert.Equal(1, _unfinished.Finished);
    }

    private static EndpointStatus Status(PipelineHost host) =>
        host.Services.GetRequiredService<EndpointStatuses>().Find(Endpoint)!;

    private static Task SendAsync(PipelineHost host, params int[] numbers) =>
        host.Producer.SendAsync(
            Topic,
            [.. numbers.Select(number => new OutgoingMessage(null, Encoding.UTF8.GetBytes($"{number}")))],
            Cancelled
        );

    private Task<string> Taken() => Task.FromResult(string.Join(' ', _unfinished.Taken));

    private async Task<PipelineHost> StartAsync(PrivateRedis redis) =>
        await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            builder =>
            {
                builder.Services.AddSingleton(_unfinished);
                builder.Services.AddTopicEndpoint<RawMessage, UnfinishedConsumer>(
                    // One message is a large batch.
                    new()
                    {
                        Name = Endpoint,
                        Topic = Topic,
                        BatchSize = 1,
                    },
                    new RawFormat()
                );
            }
        );
}

/// <summary>What the consumer has taken, and how what is left to do goes.</summary>
internal sealed class Unfinished
{
    private int _finished;

    public ConcurrentQueue<string> Taken { get; } = new();

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Away { get; set; }

    public int Finished => _finished;

    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await Done.Task.WaitAsync(cancellationToken);
        if (Away)
        {
            throw new TimeoutException("the second store does not answer");
        }

        Interlocked.Increment(ref _finished);
    }
}

internal sealed class UnfinishedConsumer(Unfinished unfinished) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        foreach (TopicMessage<RawMessage> message in context.Message.Messages)
        {
            unfinished.Taken.Enqueue(Encoding.UTF8.GetString(message.Value.Bytes));
        }

        context.Message.Finish = unfinished.FinishAsync;
        return Task.CompletedTask;
    }
}
