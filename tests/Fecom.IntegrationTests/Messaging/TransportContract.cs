using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>What the transport promises a consumer, on the embedded cluster and on a real one alike.</summary>
public abstract class TransportContract(Servers servers) : TransportContext(servers)
{
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
            TimeSpan.FromSeconds(60),
            "the dead letter"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_dead_letter_that_is_resent_once_its_cause_is_gone_is_processed_once()
    {
        Numbers numbers = new() { Poison = "1234" };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);
        DeadLetterTable letters = host.Services.GetRequiredService<DeadLetterTable>();
        await SendAsync(host, Enumerable.Range(0, 2_000));
        await host.Barrier.PassAsync(Topic, Cancelled);
        DeadLetterFilter its = new(null, "test-numbers", Topic);
        KeptDeadLetter letter = Assert.Single(await letters.BrowseAsync(its, long.MaxValue, 10, Cancelled));
        Assert.Equal("1234 "u8.ToArray(), letter.Original);

        numbers.Poison = null;
        Assert.Equal(1, await letters.AskAsync(its, Cancelled));
        Assert.Equal(0, await letters.AskAsync(its, Cancelled));
        await Poll.UntilAsync(
            async () => (await letters.BrowseAsync(its, long.MaxValue, 10, Cancelled))[0].ResentAt is not null,
            TimeSpan.FromSeconds(60),
            "the letter is not resent"
        );

        Assert.Equal(2_000, numbers.Processed.Count);
        Assert.All(numbers.Processed, entry => Assert.Equal(1, entry.Value));
        Assert.Empty(await letters.OpenAsync(Cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_message_that_was_given_up_before_an_outage_is_one_letter_and_counts_once()
    {
        Numbers numbers = new() { Poison = "3", AwayAt = "1900" };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);
        DeadLetterTable letters = host.Services.GetRequiredService<DeadLetterTable>();
        EndpointStatus status = host
            .Services.GetRequiredService<EndpointStatuses>()
            .All.Single(s => s.Definition.Name == "test-numbers");
        DeadLetterFilter its = new(null, "test-numbers", Topic);

        await host.Producer.SendAsync(
            Topic,
            [
                .. Enumerable
                    .Range(0, 2_000)
                    .Select(i => new OutgoingMessage("one"u8.ToArray(), Encoding.UTF8.GetBytes($"{i} "))),
            ],
            Cancelled
        );
        await Poll.UntilAsync(
            () => Task.FromResult(status.Retries >= 3),
            TimeSpan.FromSeconds(60),
            "the outage is not waited for"
        );
        // The cause is gone when the batch comes again: the letter is there, so its message must not pass as well.
        numbers.Poison = null;
        numbers.AwayAt = null;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Single(await letters.BrowseAsync(its, long.MaxValue, 10, Cancelled));
        Assert.Equal(1_999, numbers.Processed.Count);
        await letters.AskAsync(its, Cancelled);
        await Poll.UntilEqualAsync(
            2_000,
            () => Task.FromResult(numbers.Processed.Count),
            TimeSpan.FromSeconds(60),
            "messages processed"
        );
        Assert.Equal(1, numbers.Processed[3]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_message_that_has_an_open_letter_is_left_out_when_its_partition_is_read_again()
    {
        Numbers numbers = new() { Poison = "1234" };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);
        await SendAsync(host, Enumerable.Range(0, 2_000));
        await host.Barrier.PassAsync(Topic, Cancelled);
        numbers.Poison = null;

        await host
            .Services.GetRequiredService<OffsetMoveTable>()
            .AskAsync(
                "test-numbers",
                host.Services.GetRequiredService<KafkaCluster>().Id,
                Enumerable.Range(0, 4).ToDictionary(partition => partition, _ => 0L),
                Cancelled
            );
        await Poll.UntilEqualAsync(
            3_998,
            () => Task.FromResult(numbers.Processed.Values.Sum()),
            TimeSpan.FromSeconds(60),
            "messages processed"
        );
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.False(numbers.Processed.ContainsKey(1_234));
        Assert.Single(
            await host
                .Services.GetRequiredService<DeadLetterTable>()
                .BrowseAsync(new DeadLetterFilter(null, null, null), long.MaxValue, 10, Cancelled)
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task An_endpoint_that_is_moved_to_a_time_reads_again_from_there_on()
    {
        Numbers numbers = new();
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);
        await SendAsync(host, Enumerable.Range(0, 500));
        await host.Barrier.PassAsync(Topic, Cancelled);
        DateTime between = TimeProvider.System.GetUtcNow().UtcDateTime;
        await Poll.UntilAsync(
            () => Task.FromResult(TimeProvider.System.GetUtcNow().UtcDateTime > between.AddMilliseconds(5)),
            TimeSpan.FromSeconds(60),
            "time stands still"
        );
        await SendAsync(host, Enumerable.Range(500, 500));
        await host.Barrier.PassAsync(Topic, Cancelled);

        IReadOnlyDictionary<int, long> offsets = await host
            .Services.GetRequiredService<OffsetResolver>()
            .ResolveAsync(Topic, [0, 1, 2, 3], new OffsetTarget(false, between));
        await host
            .Services.GetRequiredService<OffsetMoveTable>()
            .AskAsync("test-numbers", host.Services.GetRequiredService<KafkaCluster>().Id, offsets, Cancelled);
        await Poll.UntilEqualAsync(
            1_500,
            () => Task.FromResult(numbers.Processed.Values.Sum()),
            TimeSpan.FromSeconds(60),
            "messages processed"
        );

        Assert.All(numbers.Processed, entry => Assert.Equal(entry.Key < 500 ? 1 : 2, entry.Value));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_trace_goes_on_from_the_sender_through_the_header_to_the_consumer()
    {
        ConcurrentQueue<Activity> ended = new();
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == EndpointMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(new Numbers(), redis);

        using Activity call = new Activity("a call").Start();
        await SendAsync(host, [1]);
        await host.Barrier.PassAsync(Topic, Cancelled);

        await Poll.UntilAsync(
            () =>
                Task.FromResult(
                    ended.Any(activity =>
                        activity.OperationName == $"process {Topic}" && activity.TraceId == call.TraceId
                    )
                ),
            TimeSpan.FromSeconds(60),
            "the consumer's span is not part of the trace"
        );
        Activity sent = Assert.Single(
            ended,
            activity => activity.OperationName == $"send {Topic}" && activity.TraceId == call.TraceId
        );
        Assert.Contains(ended, activity => activity.ParentSpanId == sent.SpanId);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_that_is_away_is_waited_for_and_no_message_is_given_up()
    {
        Numbers numbers = new() { Away = true };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);
        EndpointStatus status = host
            .Services.GetRequiredService<EndpointStatuses>()
            .All.Single(s => s.Definition.Name == "test-numbers");

        await SendAsync(host, Enumerable.Range(0, 500));
        await Poll.UntilAsync(
            () => Task.FromResult(status.Outage is not null),
            TimeSpan.FromSeconds(60),
            "the outage is not shown"
        );
        Assert.Empty(numbers.Processed);
        numbers.Away = false;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(500, numbers.Processed.Count);
        Assert.Null(status.Outage);
        Assert.Equal("", await LetterAsync(host.Database));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("53200")]
    [InlineData("54000")]
    [InlineData("57014")]
    [InlineData("55P03")]
    public async Task A_batch_that_asks_a_server_for_too_much_at_once_is_processed_in_parts(string sqlState)
    {
        Numbers numbers = new() { Max = 300, TooMuch = sqlState };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(numbers, redis);

        await host.Producer.SendAsync(
            Topic,
            [
                .. Enumerable
                    .Range(0, 2_000)
                    .Select(i => new OutgoingMessage("one"u8.ToArray(), Encoding.UTF8.GetBytes($"{i} "))),
            ],
            Cancelled
        );
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(2_000, numbers.Processed.Count);
        Assert.Equal(numbers.Order.Distinct().Order(), numbers.Order.Distinct());
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
}
