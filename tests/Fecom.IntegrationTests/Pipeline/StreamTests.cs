using Fecom.Contracts;
using Fecom.IntegrationTests.RealServers;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Pipeline;

/// <summary>Raw events in; bronze, offline store, Redis and kept invalid events out, equal to a slow oracle's.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class StreamTests(Servers servers, RealKafkaFixture kafkas)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task Raw_events_reach_every_store_once_and_equal_the_oracle(KafkaKind kafka)
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(kafka, await servers.Postgres.CreateDatabaseAsync(), redis);
        Stream stream = new(seed: 1);

        await stream.SendAsync(host, 20_000);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await stream.AssertStoresAsync(host);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task Events_that_are_sent_again_count_once(KafkaKind kafka)
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(kafka, await servers.Postgres.CreateDatabaseAsync(), redis);
        Stream stream = new(seed: 2);

        await stream.SendAsync(host, 5_000);
        await stream.ResendAsync(host, from: 1_000);
        await stream.SendAsync(host, 1_000);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await stream.AssertStoresAsync(host);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_host_that_starts_on_an_empty_log_goes_on_where_its_stores_are()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        Stream stream = new(seed: 3);
        await using (PipelineHost first = await PipelineHost.StartAsync(database, redis.ConnectionString))
        {
            await stream.SendAsync(first, 8_000);
        }

        // The first host was stopped somewhere in the middle and its log is gone: what it had sent is sent again.
        await using PipelineHost second = await PipelineHost.StartAsync(database, redis.ConnectionString);
        await stream.ResendAsync(second, from: 0);
        await stream.SendAsync(second, 2_000);
        await second.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await stream.AssertStoresAsync(second);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_wiped_Redis_is_filled_again_from_PostgreSQL()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        Stream stream = new(seed: 4);
        await stream.SendAsync(host, 5_000);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await redis.KillAsync();
        await redis.StartServerAsync();

        await Poll.UntilEqualAsync(
            "",
            async () =>
                await Quietly(async () =>
                    await stream.Oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync())
                ),
            TimeSpan.FromSeconds(60),
            "Redis against the oracle"
        );
    }

    [Theory(Timeout = 120_000)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task A_PostgreSQL_that_is_killed_in_the_middle_costs_nothing(KafkaKind kafka)
    {
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync();
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(kafka, await postgres.CreateDatabaseAsync(), redis);
        Stream stream = new(seed: 5);

        Task sending = stream.SendAsync(host, 30_000);
        await Poll.UntilAsync(
            async () => await Count(host.Database, "bronze.event") > 0,
            TimeSpan.FromSeconds(60),
            "no event came to bronze"
        );
        await postgres.KillAsync();
        await postgres.StartServerAsync();
        await sending;
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await stream.AssertStoresAsync(host);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_Redis_that_stands_still_and_one_that_is_wiped_in_the_middle_cost_nothing()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        Stream stream = new(seed: 6);

        await stream.SendAsync(host, 5_000);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        await redis.HoldAsync(still: true);
        Task sending = stream.SendAsync(host, 20_000);
        EndpointStatuses statuses = host.Services.GetRequiredService<EndpointStatuses>();
        await Poll.UntilAsync(
            () =>
                Task.FromResult(
                    statuses.All.Any(status => status.Definition.Name == "features" && status.Outage is not null)
                ),
            TimeSpan.FromSeconds(60),
            "the endpoint did not say that it waits"
        );
        await redis.HoldAsync(still: false);
        await redis.KillAsync();
        await redis.StartServerAsync();
        await sending;
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        await stream.AssertStoresAsync(host);
    }

    private async Task<PipelineHost> StartAsync(KafkaKind kafka, string postgres, PrivateRedis redis) =>
        await PipelineHost.StartAsync(
            postgres,
            redis.ConnectionString,
            more: null,
            ("Kafka:BootstrapServers", await kafkas.BootstrapServersAsync(kafka))
        );

    private static async Task<string> Quietly(Func<Task<string>> difference)
    {
        try
        {
            return await difference();
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return e.Message;
        }
    }

    private static async Task<long> Count(NpgsqlDataSource database, string table)
    {
        await using NpgsqlCommand command = database.CreateCommand($"select count(*) from {table}");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    /// <summary>A source of events, and what must become of them.</summary>
    private sealed class Stream(int seed)
    {
        private readonly EventMaker _maker = new(seed);
        private readonly List<OutgoingMessage> _sent = [];
        private int _invalid;

        public Oracle Oracle { get; } = new();

        public async Task SendAsync(PipelineHost host, int count)
        {
            int from = _sent.Count;
            for (int i = 0; i < count; i++)
            {
                (OutgoingMessage message, BehaviorEvent? e) = _maker.Next();
                _sent.Add(message);
                if (e is null)
                {
                    _invalid++;
                }
                else
                {
                    Oracle.Add(e);
                }
            }

            await ResendAsync(host, from);
        }

        public async Task ResendAsync(PipelineHost host, int from)
        {
            foreach (OutgoingMessage[] chunk in _sent.Skip(from).Chunk(2_000))
            {
                await host.Producer.SendAsync(Topics.RawUserBehavior, chunk, Cancelled);
            }
        }

        public async Task AssertStoresAsync(PipelineHost host)
        {
            Assert.Equal("", await Oracle.DifferenceToBronzeAsync(host.Database));
            Assert.Equal("", await Oracle.DifferenceToOnlineStoreAsync(await host.Redis.DatabaseAsync()));
            Assert.Equal(_invalid, await Count(host.Database, "validation.invalid_event"));
            Assert.Equal(0, await Count(host.Database, "platform.dead_letter"));
        }
    }
}
