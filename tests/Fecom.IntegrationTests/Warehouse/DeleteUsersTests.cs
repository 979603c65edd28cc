using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Fecom.Warehouse.DeleteUsers;
using Fecom.Warehouse.Lake;
using Fecom.Warehouse.LoadWarehouse;
using Fecom.Warehouse.PublishGold;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>A user who is deleted is in no store any more, whatever the deletion met on its way, and does not come back; all others stay.</summary>
public sealed class DeleteUsersTests(Servers servers) : IDisposable
{
    // Others are called u10 to u19.
    private const string User = "u1";
    private const string Neighbour = "u12";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-delete-test-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact(Timeout = 120_000)]
    public async Task Invalid_events_and_dead_letters_go_although_they_spell_the_id_with_escapes()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(redis, await servers.Postgres.CreateDatabaseAsync());
        // u1 and, in capitals, another user.
        const string Escaped = """{"user_id":"u\u0031"}""";
        const string Other = """{"user_id":"U\u0031"}""";
        foreach (
            (string original, string? mended) in ((string, string?)[])
                [(Escaped, null), ("{}", Escaped), (Other, null), (Other, Other)]
        )
        {
            await AddInvalidEventAsync(host, original, mended);
        }

        await AddDeadLetterAsync(host, Escaped, 1);
        await AddDeadLetterAsync(host, Other, 2);
        UserDeletions deletions = host.Services.GetRequiredService<UserDeletions>();
        UserDeletion asked = await deletions.RequestAsync(User, Cancelled);
        OpenDeletion open = Assert.Single(await deletions.OpenAsync(Cancelled));

        await ActivatorUtilities.CreateInstance<DeleteUsersJob>(host.Services).DeleteAsync(open, _ => { }, Cancelled);

        UserDeletion done = (await deletions.FindAsync(asked.Id, Cancelled))!;
        Dictionary<string, long> deleted = done.Deleted.ToDictionary(store => store.Store, store => store.Records);
        Assert.Equal(("completed", 2L, 1L), (done.State, deleted["invalid_events"], deleted["dead_letters"]));
        Assert.Equal(2, await CountAsync(host, "validation.invalid_event"));
        Assert.Equal(1, await CountAsync(host, "platform.dead_letter"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_deleted_user_is_in_no_store_and_does_not_come_back()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string target = await servers.Postgres.CreateDatabaseAsync();
        await using NpgsqlDataSource cloud = NpgsqlDataSource.Create(target);
        await using PipelineHost host = await StartAsync(redis, target);
        EventMaker maker = new(seed: 5, users: 20, invalid: 0.1);
        (OutgoingMessage Message, BehaviorEvent? Event)[] made =
        [
            .. Enumerable.Range(0, 2_000).Select(_ => maker.Next()),
        ];
        await SendAsync(host, [.. made.Select(one => one.Message)]);
        await host.Services.GetRequiredService<WarehouseChain>().RunAsync(_ => { }, Cancelled);
        await host.Services.GetRequiredService<LakeWriter>().RunAsync((_, _) => { }, Cancelled);
        Assert.Equal(made.Count(one => one.Event?.UserId == User), await PublishedAsync(host, cloud));
        // Some that no step has taken yet.
        (OutgoingMessage Message, BehaviorEvent? Event)[] late =
        [
            .. Enumerable.Range(0, 500).Select(_ => maker.Next()),
        ];
        await SendAsync(host, [.. late.Select(one => one.Message)]);
        await AddDeadLetterAsync(host, $$"""{"user_id":"{{User}}"}""", 1, User);
        await AddDeadLetterAsync(host, $$"""{"user_id":"{{Neighbour}}"}""", 2, Neighbour);
        long expected = made.Concat(late).Count(one => one.Event?.UserId == User);
        long invalid = made.Concat(late).Count(one => one.Event is null && IsOf(one.Message, User));
        await Poll.UntilEqualAsync(
            made.Concat(late).Count(one => one.Event is null),
            () => CountAsync(host, "validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        Assert.True(expected > 50 && invalid > 0, $"{expected} events, {invalid} of them invalid");
        string others = await OthersAsync(host);

        UserDeletions deletions = host.Services.GetRequiredService<UserDeletions>();
        UserDeletion asked = await deletions.RequestAsync(User, Cancelled);
        Assert.Equal(asked.Id, (await deletions.RequestAsync(User, Cancelled)).Id);
        await CutOffEverywhereAsync(host);

        UserDeletion done = (await deletions.FindAsync(asked.Id, Cancelled))!;
        Assert.Equal("completed", done.State);
        Assert.Null(done.UserId);
        Dictionary<string, long> deleted = done.Deleted.ToDictionary(store => store.Store, store => store.Records);
        Assert.Equal(expected, deleted["bronze.event"]);
        Assert.Equal(made.Count(one => one.Event?.UserId == User), deleted["gold.fact_event"]);
        Assert.Equal(deleted["gold.fact_event"], deleted["lake"]);
        Assert.Equal(invalid, deleted["invalid_events"]);
        Assert.Equal(1, deleted["dead_letters"]);
        Assert.True(deleted["features"] >= 2 && deleted["redis"] >= 2, string.Join(", ", done.Deleted));
        await AssertGoneAsync(host);
        Assert.Equal(others, await OthersAsync(host));
        Assert.Equal(0, await PublishedAsync(host, cloud));

        // The quality rules hold for what was on its way.
        ChainProgress chain = await host.Services.GetRequiredService<WarehouseChain>().RunAsync(_ => { }, Cancelled);
        Assert.Equal(0, await CountAsync(host, "silver.slice where failed_rule is not null"));
        Assert.NotNull(chain);
        await host.Services.GetRequiredService<LakeWriter>().RunAsync((_, _) => { }, Cancelled);

        // The same events from another source, as of a file that is loaded again: all but the user's are taken.
        long bronze = await CountAsync(host, "bronze.event");
        EventMaker same = new(seed: 5, users: 20, invalid: 0.1);
        OutgoingMessage[] again = [.. Enumerable.Range(0, 2_000).Select(_ => same.Next("again").Message)];
        await SendAsync(host, again);
        await Poll.UntilEqualAsync(
            bronze + made.Count(one => one.Event is { } e && e.UserId != User),
            () => CountAsync(host, "bronze.event"),
            TimeSpan.FromSeconds(60),
            "events of others"
        );
        await AssertGoneAsync(host, invalidEvents: false);

        // What the user does later is a new beginning.
        await SendAsync(host, [EventNow()]);
        await Poll.UntilEqualAsync(
            1,
            () => CountAsync(host, $"bronze.event where user_id = '{User}'"),
            TimeSpan.FromSeconds(60),
            "the user's new events"
        );
        IDatabase online = await host.Redis.DatabaseAsync();
        await AssertActivitiesAsync(online, "1");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_user_who_comes_back_before_the_deletion_is_retried_keeps_what_came_later()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(
            $"""
            create table made as
            select piece, '2026-01-01T00:00:00Z'::timestamptz + time as event_time, '2026-01-01T00:00:00Z'::timestamptz + time as received_at,
                gen_random_uuid() as event_id, row_number() over () as position, event_type, product_id, 'c' as category_id,
                'a.b' as category_code, 'x' as brand, 5::numeric as price, user_id, user_session, 'file:a.csv@1' as source
            from (values
                (1, '12:00'::time, 'cart', 'p1', '{User}', 'before'),
                (1, '12:04', 'remove_from_cart', 'p2', '{User}', 'across'),
                (1, '12:05', 'purchase', 'p1', '{User}', 'across'),
                (1, '12:12', 'cart', 'p1', '{User}', 'soon'),
                (1, '12:15', 'cart', 'p1', '{User}', 'across'),
                (1, '12:16', 'remove_from_cart', 'p2', '{User}', 'across'),
                (1, '12:40', 'view', 'p1', '{Neighbour}', 'other'),
                (2, '12:20', 'cart', 'p1', '{User}', 'after'),
                (2, '12:21', 'view', 'p1', '{User}', 'across'),
                (3, '12:22', 'purchase', 'p1', '{User}', 'after'),
                (3, '12:23', 'view', 'p1', '{User}', 'soon'),
                (3, '12:24', 'purchase', 'p1', '{User}', 'across')
            ) as event (piece, time, event_type, product_id, user_id, user_session)
            """
        );
        await PromoteAsync(store, 1);
        UserDeletion asked = await store.Service<UserDeletions>().RequestAsync(User, Cancelled);
        await store.ExecuteAsync("update bronze.user_deletion set requested_at = '2026-01-01T12:10:00Z'");
        await DeleteFromTiersAsync(store);
        await AssertAsOfBronzeAsync(store);
        Assert.Equal("4 4", await SessionsOfHourAsync(store));
        string deleted = await DeletedAsync(store, asked.Id);
        Assert.Contains("gold.fact_session 2", deleted, StringComparison.Ordinal);

        await PromoteAsync(store, 2);
        await DeleteFromTiersAsync(store);
        await AssertAsOfBronzeAsync(store);
        Assert.Equal(deleted, await DeletedAsync(store, asked.Id));

        await PromoteAsync(store, 3);
        await AssertAsOfBronzeAsync(store);
        Assert.Equal("5 5", await SessionsOfHourAsync(store));
    }

    private static async Task PromoteAsync(WarehouseStore store, int piece)
    {
        await store.WriteBatchAsync($"piece = {piece}");
        Assert.Empty((await store.RunAsync()).Failures);
    }

    /// <summary>The deletion's first step, which every attempt begins with.</summary>
    private static async Task DeleteFromTiersAsync(WarehouseStore store)
    {
        OpenDeletion open = Assert.Single(await store.Service<UserDeletions>().OpenAsync(Cancelled));
        TierRows tiers = store.Service<TierRows>();
        await tiers.BeginAsync(open, Cancelled);
        await tiers.DeleteAsync(open, Cancelled);
    }

    /// <summary>Gold names sessions, carts and visitors as if there had never been other events than bronze has now.</summary>
    private static async Task AssertAsOfBronzeAsync(WarehouseStore store)
    {
        foreach (string table in (string[])["fact_event", "fact_session", "fact_cart", "dim_user"])
        {
            Assert.Equal(
                (table, "0: "),
                (table, await store.AskAsync<string>(GoldOracle.Difference(table, GoldOracle.Queries[table])))
            );
        }

        Assert.Equal(
            await store.AskAsync<string>(
                "select string_agg(l, ' ' order by l) from (select distinct user_session || ':' || product_id as l from bronze.event where event_type <> 'view') as e"
            ),
            await store.AskAsync<string>(
                "select string_agg(l, ' ' order by l) from (select user_session || ':' || product_id as l from silver.cart_line) as c"
            )
        );
        Assert.Equal(
            await store.AskAsync<long>("select count(*) from bronze.event where event_type = 'remove_from_cart'"),
            await store.AskAsync<long>("select sum(removals)::bigint from silver.cart_line")
        );
    }

    /// <summary>The sessions of the only hour: in its category, and in all.</summary>
    private static Task<string> SessionsOfHourAsync(WarehouseStore store) =>
        store.AskAsync<string>("select string_agg(sessions::text, ' ' order by is_total) from gold.agg_kpi_hourly");

    private static async Task<string> DeletedAsync(WarehouseStore store, long id) =>
        string.Join(
            ", ",
            (await store.Service<UserDeletions>().FindAsync(id, Cancelled))!.Deleted.Select(one =>
                string.Create(CultureInfo.InvariantCulture, $"{one.Store} {one.Records}")
            )
        );

    [Fact(Timeout = 120_000)]
    public async Task Features_of_a_user_who_comes_back_before_the_deletion_is_retried_stay()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using PipelineHost host = await StartAsync(redis, await servers.Postgres.CreateDatabaseAsync());
        await SendAsync(host, [EventNow()]);
        IDatabase online = await host.Redis.DatabaseAsync();
        await AssertActivitiesAsync(online, "1");
        UserDeletions deletions = host.Services.GetRequiredService<UserDeletions>();
        UserDeletion asked = await deletions.RequestAsync(User, Cancelled);
        OpenDeletion open = Assert.Single(await deletions.OpenAsync(Cancelled));
        DeleteUsersJob job = ActivatorUtilities.CreateInstance<DeleteUsersJob>(host.Services);
        using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            job.DeleteAsync(
                open,
                step =>
                {
                    if (step == "dead letters")
                    {
                        cut.Cancel();
                    }
                },
                cut.Token
            )
        );
        Assert.Equal(0, await CountAsync(host, $"features.state_user where entity = '{User}'"));
        Assert.False(await online.KeyExistsAsync(FeatureKeys.Key("user", User)));

        await SendAsync(host, [EventNow()]);
        await AssertActivitiesAsync(online, "1");
        await job.DeleteAsync(open, _ => { }, Cancelled);

        Assert.Equal("completed", (await deletions.FindAsync(asked.Id, Cancelled))!.State);
        Assert.Equal(1, await CountAsync(host, $"features.state_user where entity = '{User}'"));
        Assert.True(await online.KeyExistsAsync(FeatureKeys.Key("user", User)));
        await SendAsync(host, [EventNow()]);
        await AssertActivitiesAsync(online, "2");
    }

    private static Task AssertActivitiesAsync(IDatabase online, string activities) =>
        Poll.UntilEqualAsync(
            activities,
            async () => await OnlineValues.FeatureAsync(online, FeatureViews.Session, $"{User}-s1", "activity_count"),
            TimeSpan.FromSeconds(60),
            "activities of the session"
        );

    /// <summary>Cuts the deletion off as it begins each of its steps, one after the other, before it lets it end.</summary>
    private static async Task CutOffEverywhereAsync(PipelineHost host)
    {
        DeleteUsersJob job = ActivatorUtilities.CreateInstance<DeleteUsersJob>(host.Services);
        OpenDeletion open = Assert.Single(await host.Services.GetRequiredService<UserDeletions>().OpenAsync(Cancelled));
        bool ended = false;
        for (int step = 1; !ended; step++)
        {
            int begun = 0;
            using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            try
            {
                await job.DeleteAsync(
                    open,
                    _ =>
                    {
                        if (++begun == step && step <= 8)
                        {
                            cut.Cancel();
                        }
                    },
                    cut.Token
                );
                ended = true;
            }
            catch (OperationCanceledException) when (!Cancelled.IsCancellationRequested)
            {
                Assert.InRange(step, 1, 8);
            }
        }
    }

    /// <summary>Publishes gold; then the cloud warehouse has what gold has.</summary>
    /// <returns>The user's events there.</returns>
    private static async Task<long> PublishedAsync(PipelineHost host, NpgsqlDataSource cloud)
    {
        await host.Services.GetRequiredService<CloudPublisher>().RunAsync((_, _) => { }, Cancelled);
        CloudStore.AssertEqual(
            await CloudStore.RowsAsync(host.Database, host.Database, "gold"),
            await CloudStore.RowsAsync(host.Database, cloud, "shop")
        );
        await using NpgsqlCommand count = cloud.CreateCommand(
            $"select count(*) from shop.fact_event where user_id = '{User}'"
        );
        return (long)(await count.ExecuteScalarAsync(Cancelled))!;
    }

    private async Task<PipelineHost> StartAsync(PrivateRedis redis, string cloud) =>
        await PipelineHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            more: null,
            ("Paths:Lake", Path.Combine(_folder.FullName, "lake")),
            ("Lake:RollMinutes", "0"),
            ("CloudWarehouse:Provider", "postgres"),
            ("CloudWarehouse:Postgres:ConnectionString", cloud),
            ("CloudWarehouse:Schema", "shop")
        );

    private static async Task SendAsync(PipelineHost host, OutgoingMessage[] messages)
    {
        await host.Producer.SendAsync(Topics.RawUserBehavior, messages, Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
    }

    private static OutgoingMessage EventNow()
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new(
            Encoding.UTF8.GetBytes(User),
            Encoding.UTF8.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""{"event_time":"{{now:yyyy-MM-ddTHH:mm:ss.ffffff}}Z","event_type":"view","product_id":"1","price":5,"user_id":"{{User}}","user_session":"{{User}}-s1"}"""
                )
            ),
            new MessageOrigin("later", now.Ticks, now)
        );
    }

    private static bool IsOf(OutgoingMessage message, string user) => Encoding.UTF8.GetString(message.Key!) == user;

    private async Task AssertGoneAsync(PipelineHost host, bool invalidEvents = true)
    {
        foreach (
            string table in (string[])
                [
                    "bronze.event",
                    "silver.event",
                    "silver.cart_line",
                    "gold.fact_event",
                    "gold.fact_session",
                    "gold.fact_cart",
                    "gold.dim_user",
                ]
        )
        {
            Assert.Equal((table, 0L), (table, await CountAsync(host, $"{table} where user_id = '{User}'")));
        }

        Assert.Equal(0, await CountAsync(host, $"features.state_user where entity = '{User}'"));
        Assert.Equal(0, await CountAsync(host, $"features.state_session where entity like '{User}-%'"));
        IDatabase online = await host.Redis.DatabaseAsync();
        Assert.False(await online.KeyExistsAsync(FeatureKeys.Key("user", User)));
        Assert.Equal(0, await online.KeyExistsAsync([.. Enumerable.Range(0, 3).Select(Session)]));
        Assert.Equal(
            0,
            Convert.ToInt64(
                LakeTests.Ask(Path.Combine(_folder.FullName, "lake"), $"count(*) filter (where user_id = '{User}')"),
                CultureInfo.InvariantCulture
            )
        );
        if (invalidEvents)
        {
            Assert.Equal(
                0,
                await CountAsync(
                    host,
                    $"validation.invalid_event where convert_from(original, 'UTF8') like '%\"{User}\"%'"
                )
            );
        }

        Assert.Equal(0, await CountAsync(host, $"platform.dead_letter where key = '{User}'::bytea"));
    }

    private static RedisKey Session(int number) => FeatureKeys.Key("session", $"{User}-s{number}");

    /// <summary>What there is of everybody else.</summary>
    private async Task<string> OthersAsync(PipelineHost host)
    {
        StringBuilder counts = new();
        foreach (
            string table in (string[])
                [
                    "bronze.event",
                    "silver.event",
                    "silver.cart_line",
                    "gold.fact_event",
                    "gold.fact_session",
                    "gold.dim_user",
                ]
        )
        {
            counts.Append(
                CultureInfo.InvariantCulture,
                $"{table} {await CountAsync(host, $"{table} where user_id <> '{User}'")}, "
            );
        }

        long states = await CountAsync(host, $"features.state_session where entity not like '{User}-%'");
        long letters = await CountAsync(host, $"platform.dead_letter where key <> '{User}'::bytea");
        long invalid = await CountAsync(
            host,
            $"validation.invalid_event where convert_from(original, 'UTF8') not like '%\"{User}\"%'"
        );
        object lake = LakeTests.Ask(
            Path.Combine(_folder.FullName, "lake"),
            $"count(*) filter (where user_id <> '{User}')"
        );
        return $"{counts}states {states}, letters {letters}, invalid {invalid}, lake {lake}";
    }

    private static async Task AddDeadLetterAsync(PipelineHost host, string message, int offset, string key = "")
    {
        await using NpgsqlCommand add = host.Database.CreateCommand(
            """
            insert into platform.dead_letter (endpoint, topic, partition, message_offset, reason, key, original, failed_at, cluster)
            values ('bronze', 't', 0, $1, 'test', $2, $3, now(), 'c')
            """
        );
        add.Parameters.Add(new NpgsqlParameter { Value = offset });
        add.Parameters.Add(new NpgsqlParameter { Value = Encoding.UTF8.GetBytes(key) });
        add.Parameters.Add(new NpgsqlParameter { Value = Encoding.UTF8.GetBytes(message) });
        await add.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task AddInvalidEventAsync(PipelineHost host, string original, string? mended)
    {
        await using NpgsqlCommand add = host.Database.CreateCommand(
            """
            insert into validation.invalid_event (event_id, source, position, received_at, rejected_at, rules, errors, original, mended)
            values (gen_random_uuid(), 'test', 1, now(), now(), '{price_range}', '[]', $1, $2)
            """
        );
        add.Parameters.Add(new NpgsqlParameter { Value = Encoding.UTF8.GetBytes(original) });
        add.Parameters.Add(
            new NpgsqlParameter<byte[]?> { TypedValue = mended is null ? null : Encoding.UTF8.GetBytes(mended) }
        );
        await add.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<long> CountAsync(PipelineHost host, string table)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand($"select count(*) from {table}");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
