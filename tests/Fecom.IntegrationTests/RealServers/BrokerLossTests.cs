using System.Diagnostics;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Three brokers, of which one dies or stands still: events flow again soon, none is lost or doubled, and the pipeline can be looked at meanwhile.</summary>
public sealed class BrokerLossTests(Servers servers)
{
    private static readonly DateTime Received = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 400_000)]
    public async Task Events_flow_again_within_seconds_when_a_broker_stands_still_or_dies()
    {
        Assert.SkipWhen(RealKafka.MissingOwn is not null, RealKafka.MissingOwn ?? "");
        await using RealKafka kafka = await RealKafka.StartAsync(brokers: 3, own: true);
        await kafka.WholeAsync();
        await using ValidationHost host = await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Kafka:BootstrapServers", kafka.BootstrapServers),
            ("Kafka:Replicas", "3")
        );
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task<int> sending = SendAsync(host, enough.Token);
        Task looking = LookAsync(host, enough.Token);
        await FlowsAsync(host, "at first");

        await kafka.PauseAsync(2);
        await FlowsAsync(host, "with a broker that stands still");
        await kafka.ResumeAsync(2);
        await kafka.WholeAsync();
        await FlowsAsync(host, "with that broker back");

        await kafka.KillAsync(3);
        await FlowsAsync(host, "with a broker that is dead");
        await kafka.RestartAsync(3);
        await kafka.WholeAsync();
        await enough.CancelAsync();
        await looking;
        int sent = await sending;
        await RealTopics.BronzeAsync(host, sent);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        Assert.Equal(sent, await host.CountAsync("bronze.event"));
    }

    /// <summary>An event of each of 60 users, again and again: all partitions have some.</summary>
    private static async Task<int> SendAsync(ValidationHost host, CancellationToken enough)
    {
        int sent = 0;
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        while (!enough.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            OutgoingMessage[] messages =
            [
                .. Enumerable
                    .Range(0, 60)
                    .Select(user => new OutgoingMessage(
                        System.Text.Encoding.UTF8.GetBytes($"{user}"),
                        System.Text.Encoding.UTF8.GetBytes(ShopEvents.With("\"user_id\":7", $"\"user_id\":{user}")),
                        new MessageOrigin("file:a.csv@1", sent + user + 1, Received)
                    )),
            ];
            while (!await SentAsync(host, messages))
            {
                // As every source does: sent again until Kafka has it.
            }

            sent += messages.Length;
        }

        return sent;
    }

    private static async Task<bool> SentAsync(ValidationHost host, OutgoingMessage[] messages)
    {
        try
        {
            await host.Producer.SendAsync(Topics.RawUserBehavior, messages, Cancelled);
            return true;
        }
        catch (TopicUnavailableException)
        {
            return false;
        }
    }

    /// <summary>The pipeline answers all the while, whatever Kafka does.</summary>
    private static async Task LookAsync(ValidationHost host, CancellationToken enough)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        while (!enough.IsCancellationRequested)
        {
            Stopwatch answer = Stopwatch.StartNew();
            _ = await host.GetAsync("/api/v1/pipeline");
            Assert.InRange(answer.Elapsed.TotalSeconds, 0, 15);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Events of every user that were sent after this call are in bronze.</summary>
    private static async Task FlowsAsync(ValidationHost host, string when)
    {
        Stopwatch watch = Stopwatch.StartNew();
        long from = await host.CountAsync("bronze.event", "coalesce(max(position), 0)") + 600;
        await Poll.UntilEqualAsync(
            60,
            () => host.CountAsync($"bronze.event where position > {from}", "count(distinct user_id)"),
            // What the machine of the tests is too slow for is not the pipeline's.
            TimeSpan.FromSeconds(45),
            $"users with new events {when}"
        );
        TestContext.Current.TestOutputHelper!.WriteLine($"{when}: {watch.Elapsed.TotalSeconds:0.0} s");
    }
}
