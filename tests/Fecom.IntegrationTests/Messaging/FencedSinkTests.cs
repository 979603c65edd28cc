using Fecom.Contracts;
using Fecom.IntegrationTests.Features;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>A host that another one has overtaken, or that stood still, reads where that one is and goes on: it is no message's fault.</summary>
public sealed class FencedSinkTests(Servers servers)
{
    private const string Topic = "test.fenced";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_ledger_that_another_host_has_moved_writes_nothing_and_then_only_what_is_new()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await FeatureHost.MigrateAsync(database);
        (SinkLedger<FencedConsumer> before, SinkLedger<FencedConsumer> after) = (Ledger(database), Ledger(database));
        SharedShop shop = new(seed: 1, partitions: 1);
        TopicMessage<BehaviorEvent>[] messages = [.. Enumerable.Range(0, 30).Select(_ => shop.Next())];
        await before.AssignAsync("log", [0], Cancelled);
        await CommitAsync(before, messages[..10]);
        await after.AssignAsync("log", [0], Cancelled);
        await CommitAsync(after, messages[10..20]);

        Exception fenced = await Assert.ThrowsAsync<SinkFencedException>(() => CommitAsync(before, messages[10..30]));

        Assert.True(Outage.Is(fenced));
        Assert.Equal(messages[20..30].Select(m => m.Offset), await CommitAsync(before, messages[10..30]));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_writer_that_moves_the_ledger_itself_is_fenced_all_the_same()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await FeatureHost.MigrateAsync(database);
        (SinkLedger<FencedConsumer> before, SinkLedger<FencedConsumer> after) = (Ledger(database), Ledger(database));
        SharedShop shop = new(seed: 3, partitions: 1);
        TopicMessage<BehaviorEvent>[] messages = [.. Enumerable.Range(0, 30).Select(_ => shop.Next())];
        await before.AssignAsync("log", [0], Cancelled);
        await CommitItselfAsync(before, messages[..10], version: 1);
        await after.AssignAsync("log", [0], Cancelled);
        Assert.Equal(
            messages[10..20].Select(m => m.Offset),
            await CommitItselfAsync(after, messages[..20], version: 2)
        );

        await Assert.ThrowsAsync<SinkFencedException>(() => CommitItselfAsync(before, messages[10..30], version: 3));

        await using NpgsqlCommand row = database.CreateCommand("select revision from features.state_category");
        Assert.Equal(2L, await row.ExecuteScalarAsync(Cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_host_that_stands_still_in_the_middle_of_a_transaction_holds_the_others_up_for_seconds_only()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await FeatureHost.MigrateAsync(database);
        (SinkLedger<FencedConsumer> still, SinkLedger<FencedConsumer> other) = (Ledger(database), Ledger(database));
        await still.AssignAsync("log", [0], Cancelled);
        await other.AssignAsync("log", [1], Cancelled);
        SharedShop shop = new(seed: 2, partitions: 2);
        TaskCompletionSource locked = new();
        TaskCompletionSource awake = new();

        Task standing = CommitAsync(
            still,
            [shop.Next(0, "s", "p")],
            connection => WriteAsync(connection, version: 1, locked, awake.Task)
        );
        await locked.Task;
        await CommitAsync(other, [shop.Next(1, "s", "p")], connection => WriteAsync(connection, version: 2));
        awake.SetResult();

        Exception ended = await Assert.ThrowsAnyAsync<Exception>(() => standing);
        Assert.True(Outage.Is(ended), ended.ToString());
        await using NpgsqlCommand row = database.CreateCommand("select revision from features.state_category");
        Assert.Equal(2L, await row.ExecuteScalarAsync(Cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task Sinks_that_are_overtaken_again_and_again_write_every_event_once()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        EventMaker maker = new(seed: 11, invalid: 0);
        Oracle oracle = new();
        for (int chunk = 0; chunk < 20; chunk++)
        {
            (OutgoingMessage Message, BehaviorEvent? Event)[] events =
            [
                .. Enumerable.Range(0, 300).Select(_ => maker.Next()),
            ];
            Array.ForEach(events, e => oracle.Add(e.Event!));
            await host.Producer.SendAsync(Topics.RawUserBehavior, [.. events.Select(e => e.Message)], Cancelled);
            await using NpgsqlCommand overtake = host.Database.CreateCommand(
                "update platform.sink_partition set version = version + 1 where sink in ('bronze', 'features')"
            );
            await overtake.ExecuteNonQueryAsync(Cancelled);
        }

        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        Assert.Equal("", await oracle.DifferenceToBronzeAsync(host.Database));
        Assert.Equal("", await oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync()));
        await AssertNoLettersAsync(host.Database);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_batch_that_meets_other_hosts_again_and_again_is_tried_until_it_passes_and_never_given_up()
    {
        Overtaken overtaken = new() { By = new SinkConflictException("test") };
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            builder =>
            {
                builder.Services.AddSingleton(overtaken);
                builder.Services.AddTopicEndpoint<RawMessage, FencedConsumer>(
                    new() { Name = "test-fenced", Topic = Topic },
                    new RawFormat()
                );
            }
        );

        await host.Producer.SendAsync(
            Topic,
            [.. Enumerable.Range(0, 8).Select(i => new OutgoingMessage(null, [(byte)i]))],
            Cancelled
        );
        // More often than a batch of this size would be split and retried before its messages were given up.
        await Poll.UntilAsync(
            () => Task.FromResult(overtaken.Attempts >= 4),
            TimeSpan.FromSeconds(60),
            "it was not tried again"
        );
        Assert.Empty(overtaken.Taken);
        overtaken.By = null;
        await host.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(Enumerable.Range(0, 8).Select(i => (byte)i), overtaken.Taken.Order());
        Assert.All(overtaken.Sizes, size => Assert.Equal(overtaken.Sizes[0], size));
        await AssertNoLettersAsync(host.Database);
    }

    private static async Task AssertNoLettersAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand letters = database.CreateCommand("select count(*) from platform.dead_letter");
        Assert.Equal(0L, await letters.ExecuteScalarAsync(Cancelled));
    }

    private static SinkLedger<FencedConsumer> Ledger(NpgsqlDataSource database) =>
        new(database, "features", TimeProvider.System);

    /// <summary>Commits with a row and the ledger's move in one batch, and returns the offsets that were new.</summary>
    private static async Task<IEnumerable<long>> CommitItselfAsync(
        SinkLedger<FencedConsumer> ledger,
        TopicMessage<BehaviorEvent>[] messages,
        long version
    )
    {
        SinkCommit<BehaviorEvent> commit = await ledger.CommitAsync(
            new TopicBatch<BehaviorEvent>(Topic, messages),
            async (connection, plan) =>
            {
                await WriteAsync(connection, version);
                await using NpgsqlBatch batch = new(connection);
                foreach (NpgsqlBatchCommand command in plan.Advance!.Take())
                {
                    batch.BatchCommands.Add(command);
                }

                await batch.ExecuteNonQueryAsync(Cancelled);
            },
            rows: null,
            Cancelled
        );
        return commit.Messages.Select(message => message.Offset);
    }

    /// <summary>Writes one row, the same for everybody, and waits.</summary>
    private static async Task WriteAsync(
        NpgsqlConnection connection,
        long version,
        TaskCompletionSource? locked = null,
        Task? awake = null
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                SinkTransaction.LimitIdle(),
                new(
                    """
                    insert into features.state_category (entity, revision, updated_at, state) values ('c', $1, now(), '')
                    on conflict (entity) do update set revision = excluded.revision
                    """
                )
                {
                    Parameters = { new() { Value = version } },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(Cancelled);
        locked?.SetResult();
        await (awake ?? Task.CompletedTask);
    }

    /// <summary>Commits, and returns the offsets that were new.</summary>
    private static async Task<IEnumerable<long>> CommitAsync(
        SinkLedger<FencedConsumer> ledger,
        TopicMessage<BehaviorEvent>[] messages,
        Func<NpgsqlConnection, Task>? write = null
    )
    {
        SinkCommit<BehaviorEvent> commit = await ledger.CommitAsync(
            new TopicBatch<BehaviorEvent>(Topic, messages),
            (connection, _) => write?.Invoke(connection) ?? Task.CompletedTask,
            rows: null,
            Cancelled
        );
        return commit.Messages.Select(message => message.Offset);
    }
}

/// <summary>What the consumer saw, and whether another host is faster.</summary>
public sealed class Overtaken
{
    private volatile Exception? _by;

    public Exception? By
    {
        get => _by;
        set => _by = value;
    }

    public int Attempts => Sizes.Count;

    public List<int> Sizes { get; } = [];

    public List<byte> Taken { get; } = [];
}

internal sealed class FencedConsumer(Overtaken overtaken) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        if (overtaken.By is { } by)
        {
            overtaken.Sizes.Add(context.Message.Messages.Count);
            throw by;
        }

        overtaken.Taken.AddRange(context.Message.Messages.Select(message => message.Value.Bytes[0]));
        return Task.CompletedTask;
    }
}
