using System.Text;
using Confluent.Kafka;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>Two endpoints that one reader serves are two endpoints still, and it rests while nothing comes.</summary>
public sealed class SharedReaderTests(Servers servers)
{
    private const string Left = "test.left";
    private const string Right = "test.right";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Both _both = new(new Numbers { Poison = "5" }, new Numbers());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Each_takes_its_own_topic_gives_up_its_own_messages_and_waits_when_the_other_waits()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(redis);
        DeadLetterTable letters = host.Services.GetRequiredService<DeadLetterTable>();
        await SendAsync(host, Left, Enumerable.Range(0, 100));
        await SendAsync(host, Right, Enumerable.Range(0, 200));
        await host.Barrier.PassAsync(Left, Cancelled);
        await host.Barrier.PassAsync(Right, Cancelled);

        Assert.Equal(Enumerable.Range(0, 100).Where(number => number != 5), _both.Left.Processed.Keys.Order());
        Assert.Equal(Enumerable.Range(0, 200), _both.Right.Processed.Keys.Order());
        DeadLetterFilter all = new(null, null, null);
        KeptDeadLetter letter = Assert.Single(await letters.BrowseAsync(all, long.MaxValue, 10, Cancelled));
        Assert.Equal(
            ("test-left", Left, "5 "),
            (letter.Endpoint, letter.Topic, Encoding.UTF8.GetString(letter.Original))
        );

        _both.Left.Poison = null;
        await letters.AskAsync(all, Cancelled);
        await Poll.UntilAsync(
            async () => (await letters.OpenAsync(Cancelled)).Count == 0,
            Limit,
            "the letter is not resent"
        );
        _both.Left.Away = true;
        await SendAsync(host, Left, [100]);
        EndpointStatus[] statuses = [Status(host, "test-left"), Status(host, "test-right")];
        await Poll.UntilAsync(
            () => Task.FromResult(statuses.All(status => status.Waits == "the sink does not answer")),
            Limit,
            "not both wait"
        );
        await SendAsync(host, Right, [200]);
        _both.Left.Away = false;
        await host.Barrier.PassAsync(Left, Cancelled);
        await host.Barrier.PassAsync(Right, Cancelled);

        Assert.All(statuses, status => Assert.Null(status.Waits));
        Assert.Equal(Enumerable.Range(0, 101), _both.Left.Processed.Keys.Order());
        Assert.Equal(Enumerable.Range(0, 201), _both.Right.Processed.Keys.Order());
        Assert.All(_both.Left.Processed.Concat(_both.Right.Processed), entry => Assert.Equal(1, entry.Value));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reader_at_rest_wakes_for_what_the_host_sends_and_finds_what_others_send()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(redis);
        EndpointStatus right = Status(host, "test-right");
        await Poll.UntilAsync(() => Task.FromResult(right.Rests), Limit, "the reader does not rest");

        await SendAsync(host, Right, [1]);
        await host.Barrier.PassAsync(Right, Cancelled);
        Assert.False(right.Rests);
        await Poll.UntilAsync(() => Task.FromResult(right.Rests), Limit, "the reader does not rest again");
        using IProducer<Null, string> other = new ProducerBuilder<Null, string>(
            new ProducerConfig
            {
                BootstrapServers = host.Services.GetRequiredService<KafkaCluster>().Embedded!.BootstrapServers,
            }
        ).Build();
        await other.ProduceAsync(Right, new Message<Null, string> { Value = "2 " }, Cancelled);

        await Poll.UntilEqualAsync(
            "1 2",
            () => Task.FromResult(string.Join(' ', _both.Right.Order)),
            Limit,
            "what was sent"
        );
    }

    private static EndpointStatus Status(PipelineHost host, string name) =>
        host.Services.GetRequiredService<EndpointStatuses>().Find(name)!;

    private static Task SendAsync(PipelineHost host, string topic, IEnumerable<int> numbers) =>
        host.Producer.SendAsync(
            topic,
            [.. numbers.Select(number => new OutgoingMessage(null, Encoding.UTF8.GetBytes($"{number} ")))],
            Cancelled
        );

    private async Task<PipelineHost> StartAsync(PrivateRedis redis) =>
        await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            builder =>
            {
                builder.Services.AddSingleton(_both);
                builder.Services.AddTopicEndpoint<RawMessage, LeftConsumer>(
                    Endpoint("test-left", Left),
                    new RawFormat()
                );
                builder.Services.AddTopicEndpoint<RawMessage, RightConsumer>(
                    Endpoint("test-right", Right),
                    new RawFormat()
                );
            }
        );

    private static TopicEndpointDefinition Endpoint(string name, string topic) =>
        new()
        {
            Name = name,
            Reader = "test-both",
            Topic = topic,
            Partitions = 3,
        };

    internal sealed record Both(Numbers Left, Numbers Right);

    internal sealed class LeftConsumer(Both both) : IConsumer<TopicBatch<RawMessage>>
    {
        public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
            new NumbersConsumer(both.Left).Consume(context);
    }

    internal sealed class RightConsumer(Both both) : IConsumer<TopicBatch<RawMessage>>
    {
        public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
            new NumbersConsumer(both.Right).Consume(context);
    }
}
