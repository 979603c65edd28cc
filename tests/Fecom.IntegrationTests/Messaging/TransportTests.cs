using System.Collections.Concurrent;
using System.Text;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>What the transport promises a consumer.</summary>
public sealed class TransportTests(Servers servers)
{
    private const string Topic = "test.numbers";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_message_that_cannot_be_processed_goes_to_the_dead_letters_alone()
    {
        Numbers numbers = new() { Poison = "1234" };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);

        await SendAsync(host, Enumerable.Range(0, 2_000));
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(1_999, numbers.Processed.Count);
        Assert.All(numbers.Processed, entry => Assert.Equal(1, entry.Value));
        await Poll.UntilEqualAsync(
            "test-numbers|test.numbers|1234|no luck",
            () => LetterAsync(host.Database),
            TimeSpan.FromSeconds(30),
            "the dead letter"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_that_is_away_is_waited_for_and_no_message_is_given_up()
    {
        Numbers numbers = new() { Away = true };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);
        EndpointStatus status = host.Services.GetRequiredService<EndpointStatuses>().All.Single(s => s.Definition.Name == "test-numbers");

        await SendAsync(host, Enumerable.Range(0, 500));
        await Poll.UntilAsync(() => Task.FromResult(status.Outage is not null), TimeSpan.FromSeconds(30), "the outage is not shown");
        Assert.Empty(numbers.Processed);
        numbers.Away = false;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(500, numbers.Processed.Count);
        Assert.Null(status.Outage);
        Assert.Equal("", await LetterAsync(host.Database));
    }

    [Fact(Timeout = 120_000)]
    public async Task Messages_of_a_key_come_in_the_order_in_which_they_were_sent()
    {
        Numbers numbers = new();
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);

        await SendAsync(host, Enumerable.Range(0, 20_000));
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(20_000, numbers.Processed.Count);
        foreach (IGrouping<int, int> key in numbers.Order.GroupBy(number => number % 10))
        {
            Assert.Equal(key.Order(), key);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task More_than_the_embedded_log_holds_waits_for_a_slow_reader_and_nothing_is_dropped()
    {
        Numbers numbers = new() { Held = true };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis, ("Kafka:EmbeddedBacklogBytes", "65536"));
        byte[] padding = Encoding.UTF8.GetBytes(new string('x', 2_000));

        Task sending = host.Producer.SendAsync(
            Topic,
            [.. Enumerable.Range(0, 2_000).Select(i => new OutgoingMessage("one"u8.ToArray(), [.. Encoding.UTF8.GetBytes($"{i} "), .. padding]))],
            Cancelled
        );
        await Poll.UntilAsync(() => Task.FromResult(numbers.Waiting), TimeSpan.FromSeconds(30), "nothing came");
        Assert.False(sending.IsCompleted);
        numbers.Release();
        await sending;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(2_000, numbers.Processed.Count);
    }

    private async Task<PipelineHost> StartAsync(Numbers numbers, PrivateRedis redis, params (string, string)[] settings) =>
        await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            builder =>
            {
                builder.Services.AddSingleton(numbers);
                builder.Services.AddTopicEndpoint<RawMessage, NumbersConsumer>(
                    new()
                    {
                        Name = "test-numbers",
                        Topic = Topic,
                        Partitions = 4,
                        BatchSize = 2_000,
                    },
                    new RawFormat()
                );
            },
            settings
        );

    private static Task SendAsync(PipelineHost host, IEnumerable<int> numbers) =>
        host.Producer.SendAsync(
            Topic,
            [.. numbers.Select(i => new OutgoingMessage(Encoding.UTF8.GetBytes($"key-{i % 10}"), Encoding.UTF8.GetBytes($"{i} ")))],
            Cancelled
        );

    private static async Task<string> LetterAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select concat_ws('|', endpoint, topic, trim(convert_from(original, 'UTF8')), reason) from platform.dead_letter"
        );
        return (string?)await command.ExecuteScalarAsync(Cancelled) ?? "";
    }
}

/// <summary>What the consumer saw, and how it is to behave.</summary>
public sealed class Numbers
{
    private readonly ManualResetEventSlim _open = new(initialState: false);

    public string? Poison { get; init; }

    public bool Held { get; init; }

    public bool Away { get; set; }

    public bool Waiting { get; private set; }

    public ConcurrentDictionary<int, int> Processed { get; } = new();

    public ConcurrentQueue<int> Order { get; } = new();

    public void Release() => _open.Set();

    public void Take(IReadOnlyList<string> batch)
    {
        if (Held)
        {
            Waiting = true;
            _open.Wait();
        }

        if (Away)
        {
            throw new TimeoutException("the sink does not answer");
        }

        if (batch.Any(number => number == Poison))
        {
            throw new InvalidOperationException("no luck");
        }

        foreach (int number in batch.Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)))
        {
            Processed.AddOrUpdate(number, 1, (_, count) => count + 1);
            Order.Enqueue(number);
        }
    }
}

internal sealed class NumbersConsumer(Numbers numbers) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        numbers.Take([.. context.Message.Messages.Select(message => Encoding.UTF8.GetString(message.Bytes).Split(' ')[0])]);
        return Task.CompletedTask;
    }
}
