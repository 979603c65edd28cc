using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>An endpoint has come as far as its consumer has, whatever lies in the log: not every offset is a message that can be read.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class ProgressTests(Servers servers, RealKafkaFixture fixture)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Markers_of_transactions_are_no_lag_and_an_open_transaction_is_waited_for_by_nobody()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        await using ValidationHost host = await StartAsync(kafka, await servers.Postgres.CreateDatabaseAsync());

        RealTopics.SendInTransaction(kafka, 500, producer => producer.CommitTransaction());
        await RealTopics.BronzeAsync(host, 500);
        await PassAsync(host);
        await NoLagAsync(host);

        RealTopics.SendInTransaction(kafka, 500, producer => producer.AbortTransaction());
        await PassAsync(host);
        await NoLagAsync(host);

        // One that is never ended: the broker ends it after its timeout.
        RealTopics.SendInTransaction(kafka, 500, _ => { });
        await PassAsync(host);
        await NoLagAsync(host);
        Assert.Equal(500, await host.CountAsync("bronze.event"));
    }

    [Theory(Timeout = 180_000)]
    [InlineData(0.5)]
    [InlineData(1)]
    public async Task Records_that_were_gone_before_they_were_read_are_counted_and_waited_for_by_nobody(double share)
    {
        RealKafka kafka = await fixture.EmptyAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (ValidationHost first = await StartAsync(kafka, database))
        {
            RealTopics.Send(kafka, 100);
            await RealTopics.BronzeAsync(first, 100);
        }

        long[] before = Ends(kafka);
        RealTopics.Send(kafka, 1_000);
        long[] after = Ends(kafka);
        long[] kept = [.. before.Zip(after, (from, to) => to - (long)((to - from) * (1 - share)))];
        using (IAdminClient admin = kafka.Admin())
        {
            await admin.DeleteRecordsAsync(
                kept.Select((offset, partition) => new TopicPartitionOffset(Topics.RawUserBehavior, partition, offset))
            );
        }

        await using ValidationHost host = await StartAsync(kafka, database);
        await PassAsync(host);
        await NoLagAsync(host);
        long missed = kept.Sum() - before.Sum();
        Assert.Equal(missed, (await RealTopics.EndpointAsync(host, "validation")).GetProperty("missed").GetInt64());
        Assert.Equal(1_100 - missed, await host.CountAsync("bronze.event"));
        RealTopics.Send(kafka, 50);
        await RealTopics.BronzeAsync(host, 1_150 - missed);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_group_that_was_idle_past_its_session_or_has_been_forgotten_takes_what_comes_once()
    {
        RealKafka kafka = await fixture.EmptyAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (ValidationHost first = await StartAsync(kafka, database))
        {
            RealTopics.Send(kafka, 100);
            await RealTopics.BronzeAsync(first, 100);
            // Its session is of 6 s.
            Stopwatch idle = Stopwatch.StartNew();
            await Poll.UntilAsync(
                () => Task.FromResult(idle.Elapsed > TimeSpan.FromSeconds(9)),
                TestTimeout,
                "the group is not idle for long enough"
            );
            RealTopics.Send(kafka, 100);
            await RealTopics.BronzeAsync(first, 200);
        }

        // As Kafka does with a group without members after offsets.retention.minutes.
        using (IAdminClient admin = kafka.Admin())
        {
            await Poll.UntilAsync(() => TryForgetAsync(admin), TestTimeout, "the groups still have members");
        }

        RealTopics.Send(kafka, 100);
        await using ValidationHost host = await StartAsync(kafka, database);
        await RealTopics.BronzeAsync(host, 300);
        await PassAsync(host);
        await NoLagAsync(host);
        Assert.Equal(300, await host.CountAsync("bronze.event"));
    }

    private static async Task<bool> TryForgetAsync(IAdminClient admin)
    {
        try
        {
            await admin.DeleteGroupsAsync(["fecom.validation", "fecom.bronze"]);
            return true;
        }
        catch (DeleteGroupsException e)
            when (e.Results.All(result =>
                    result.Error.Code is ErrorCode.NoError or ErrorCode.GroupIdNotFound or ErrorCode.NonEmptyGroup
                )
            )
        {
            return e.Results.All(result => result.Error.Code != ErrorCode.NonEmptyGroup);
        }
    }

    private static async Task<ValidationHost> StartAsync(RealKafka kafka, string database) =>
        await ValidationHost.StartAsync(database, ("Kafka:BootstrapServers", kafka.BootstrapServers));

    private static Task PassAsync(ValidationHost host) =>
        host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled).WaitAsync(TestTimeout, Cancelled);

    private static Task NoLagAsync(ValidationHost host) =>
        Poll.UntilEqualAsync(
            0,
            async () =>
                (await host.GetAsync("/api/v1/pipeline"))
                    .GetProperty("endpoints")
                    .EnumerateArray()
                    .Sum(endpoint => endpoint.GetProperty("lag").GetInt64()),
            TestTimeout,
            "the lag"
        );

    private static long[] Ends(RealKafka kafka)
    {
        using IConsumer<Ignore, Ignore> reader = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = kafka.BootstrapServers, GroupId = "test-ends" }
        ).Build();
        return
        [
            .. Enumerable
                .Range(0, Topics.EventPartitions)
                .Select(partition =>
                    reader
                        .QueryWatermarkOffsets(new TopicPartition(Topics.RawUserBehavior, partition), TestTimeout)
                        .High.Value
                ),
        ];
    }
}
