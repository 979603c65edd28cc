using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A table of a PostgreSQL is followed by logical replication: each row comes once, whatever happens on either side.</summary>
public sealed class CapturePostgresTests(Servers servers) : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private readonly InputFiles _files = new();
    private readonly FakePipeline _pipeline = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Rows_of_the_beginning_and_every_change_come_as_Debezium_tells_them()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 300);
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 300);
        Assert.Equal(await shop.IdsAsync(), CapturedShop.Inserted(_pipeline));
        JsonElement row = CapturedShop.Changes(_pipeline, "r").First();
        Assert.Equal(
            ("true", JsonValueKind.Null),
            (row.GetProperty("source").GetProperty("snapshot").GetString(), row.GetProperty("before").ValueKind)
        );

        await shop.InsertAsync(1);
        await shop.ExecuteAsync("update events set price = 9.99 where id = 301");
        await shop.ExecuteAsync("update events set id = 9999 where id = 301");
        await shop.ExecuteAsync("delete from events where id = 9999");
        await shop.ExecuteAsync("truncate events");
        await CaughtUpAsync(host, shop, 305);

        List<JsonElement> changes = [.. CapturedShop.Changes(_pipeline, "c", "u", "d", "t")];
        Assert.Equal(["c", "u", "u", "d", "t"], changes.Select(change => change.GetProperty("op").GetString()));
        Assert.Equal(
            // language=json
            """{"id":301,"event_time":"2019-10-01T00:00:01Z","event_type":"view","product_id":1001,"category_id":7,"category_code":"electronics.smartphone","brand":"alnex","price":2.25,"user_id":500000001,"user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c","noted":1569888000500000,"weight":0.1,"extra":"{\"a\": 1}","flag":true}""",
            changes[0].GetProperty("after").GetRawText()
        );
        Assert.Equal(
            (JsonValueKind.Null, 9.99m),
            (
                changes[1].GetProperty("before").ValueKind,
                changes[1].GetProperty("after").GetProperty("price").GetDecimal()
            )
        );
        Assert.Equal(
            ("{\"id\":301}", 9999),
            (changes[2].GetProperty("before").GetRawText(), CapturedShop.Id(changes[2].GetProperty("after")))
        );
        Assert.Equal(
            ("{\"id\":9999}", JsonValueKind.Null),
            (changes[3].GetProperty("before").GetRawText(), changes[3].GetProperty("after").ValueKind)
        );
        JsonElement source = changes[0].GetProperty("source");
        Assert.Equal(
            ["{\"id\":301}", "{\"id\":301}", "{\"id\":9999}", "{\"id\":9999}"],
            changes.Take(4).Select(change => change.GetProperty("source").GetProperty("key").GetRawText())
        );
        Assert.Equal("{\"id\":1}", row.GetProperty("source").GetProperty("key").GetRawText());
        Assert.Equal(
            [2],
            Enumerable
                .Range(0, 5)
                .Where(change => changes[change].GetProperty("source").TryGetProperty("old_key", out _))
        );
        Assert.Equal(
            ("postgresql", "false", "public", "events", true, true),
            (
                source.GetProperty("connector").GetString(),
                source.GetProperty("snapshot").GetString(),
                source.GetProperty("schema").GetString(),
                source.GetProperty("table").GetString(),
                source.GetProperty("txId").GetInt64() > 0,
                source.GetProperty("lsn").GetInt64() > 0
            )
        );
        Assert.Contains(Topics.PostgresEvents, _pipeline.Topics);
        JsonElement status = await StatusAsync(host);
        Assert.Equal(
            ("postgres:public.events", "streaming", 305, 300, 1, 2, 1, 1),
            (
                status.GetProperty("name").GetString(),
                status.GetProperty("state").GetString(),
                status.GetProperty("position").GetInt64(),
                Captured(status, "snapshot_rows"),
                Captured(status, "created"),
                Captured(status, "updated"),
                Captured(status, "deleted"),
                Captured(status, "truncated")
            )
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task With_full_replica_identity_the_row_as_it_was_comes_too_and_long_values_are_whole()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres);
        await shop.ExecuteAsync("alter table events alter brand set storage external");
        await shop.ExecuteAsync(
            "insert into events (id, event_time, brand, price, user_id) values (1, now(), repeat('x', 20000), 1, 5)"
        );
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 1);

        await shop.ExecuteAsync("update events set price = 2");
        await shop.ExecuteAsync("alter table events replica identity full");
        await shop.ExecuteAsync("update events set price = 3");
        await shop.ExecuteAsync("update events set brand = repeat('y', 3000000)");
        await shop.ExecuteAsync("delete from events");
        await CaughtUpAsync(host, shop, 5);

        List<JsonElement> changes = [.. CapturedShop.Changes(_pipeline, "u", "d")];
        Assert.Equal("__debezium_unavailable_value", changes[0].GetProperty("after").GetProperty("brand").GetString());
        Assert.Equal(
            (2m, 3m),
            (
                changes[1].GetProperty("before").GetProperty("price").GetDecimal(),
                changes[1].GetProperty("after").GetProperty("price").GetDecimal()
            )
        );
        Assert.Equal(20_000, changes[1].GetProperty("after").GetProperty("brand").GetString()!.Length);
        // Kafka takes no message of 3 MB: what cannot be a brand is cut, and stays too long for one.
        Assert.InRange(changes[2].GetProperty("after").GetProperty("brand").GetString()!.Length, 300, 1_000);
        Assert.Equal(5, changes[3].GetProperty("before").GetProperty("user_id").GetInt64());
        Assert.All(_pipeline.Taken, message => Assert.Equal("5", Encoding.UTF8.GetString(message.Key!)));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_snapshot_while_others_write_has_no_gap_and_no_overlap()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 20_000);
        int written = 0;
        using CancellationTokenSource writing = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task[] writers =
        [
            .. Enumerable
                .Range(1, 4)
                .Select(seed =>
                    Task.Run(
                        () => shop.WriteAsync(seed, () => Interlocked.Increment(ref written), writing.Token),
                        Cancelled
                    )
                ),
        ];
        await WrittenAsync(() => written, 50);
        await using IngestionHost host = await StartAsync(shop);
        await Poll.UntilAsync(
            () => Task.FromResult(CapturedShop.Changes(_pipeline, "c").Any()),
            TestTimeout,
            "no change followed the snapshot"
        );
        int then = written;
        await WrittenAsync(() => written, then + 50);
        await writing.CancelAsync();
        await Task.WhenAll(writers);

        List<long> ids = await shop.IdsAsync();
        await CaughtUpAsync(host, shop, ids.Count);
        Assert.Equal(ids, CapturedShop.Inserted(_pipeline));
        Assert.NotEmpty(CapturedShop.Changes(_pipeline, "r").Skip(20_000));
    }

    [Fact(Timeout = 300_000)]
    public async Task Hosts_that_die_and_a_Kafka_that_refuses_cost_nothing_and_double_nothing()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 3_000);
        string own = await servers.Postgres.CreateDatabaseAsync();
        int written = 0;
        using CancellationTokenSource writing = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task writer = Task.Run(
            () => shop.WriteAsync(1, () => Interlocked.Increment(ref written), writing.Token),
            Cancelled
        );
        Random random = new(7);
        for (int life = 0; life < 8; life++)
        {
            IngestionHost host = await StartAsync(shop, own, ("Ingestion:Capture:BatchRows", "200"));
            _pipeline.FailNext(random.Next(3));
            int sent = _pipeline.SentCount;
            await Poll.UntilAsync(
                () => Task.FromResult(_pipeline.SentCount > sent + (200 * random.Next(1, 6))),
                TestTimeout,
                "nothing is sent"
            );
            _pipeline.Hold();
            _pipeline.PassSome(random.Next(400));
            await host.CrashAsync(_pipeline);
            _pipeline.Open();
        }

        await writing.CancelAsync();
        await writer;
        await using IngestionHost last = await StartAsync(shop, own);
        List<long> ids = await shop.IdsAsync();
        await CaughtUpAsync(last, shop, ids.Count);
        Assert.Equal(ids, CapturedShop.Inserted(_pipeline));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_source_that_is_killed_or_hangs_up_is_said_and_followed_again()
    {
        await using PrivatePostgres source = await PrivatePostgres.StartAsync();
        await using CapturedShop shop = await CapturedShop.StartAsync(source, rows: 500);
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 500);
        int written = 0;
        using CancellationTokenSource writing = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task writer = Task.Run(
            () => shop.WriteAsync(2, () => Interlocked.Increment(ref written), writing.Token),
            Cancelled
        );
        for (int kill = 0; kill < 3; kill++)
        {
            int then = written;
            await WrittenAsync(() => written, then + 30);
            await shop.ExecuteAsync("select pg_terminate_backend(active_pid) from pg_replication_slots where active");
            then = written;
            await WrittenAsync(() => written, then + 30);
            await source.KillAsync();
            await Poll.UntilAsync(
                async () => (await StatusAsync(host)).GetProperty("state").GetString() == "waiting",
                TestTimeout,
                "nobody says that the source is away"
            );
            Assert.NotEqual(JsonValueKind.Null, (await StatusAsync(host)).GetProperty("last_error").ValueKind);
            await source.StartServerAsync();
        }

        await writing.CancelAsync();
        await writer;
        List<long> ids = await shop.IdsAsync();
        await CaughtUpAsync(host, shop, ids.Count);
        Assert.Equal(ids, CapturedShop.Inserted(_pipeline));
        Assert.Equal(JsonValueKind.Null, (await StatusAsync(host)).GetProperty("last_error").ValueKind);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_slot_that_lags_shows_what_it_holds_back_and_lets_go_of_it_afterwards()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 10);
        await using IngestionHost host = await StartAsync(shop, null, ("Ingestion:Capture:NoticeWalMiB", "1"));
        await CaughtUpAsync(host, shop, 10);
        _pipeline.Hold();
        await shop.InsertAsync(20_000);
        await Poll.UntilAsync(
            async () => Captured(await StatusAsync(host), "lag_bytes") > 1_000_000,
            TestTimeout,
            "no lag is shown"
        );
        JsonElement lagging = await StatusAsync(host);
        Assert.Equal(
            ("reserved", true),
            (
                lagging.GetProperty("capture").GetProperty("wal_status").GetString(),
                Captured(lagging, "retained_wal_bytes") > 1_000_000
            )
        );
        Assert.Contains("MiB of WAL", lagging.GetProperty("notice").GetString(), StringComparison.Ordinal);

        _pipeline.Open();
        await CaughtUpAsync(host, shop, 20_010);
        await Poll.UntilAsync(
            async () => Captured(await StatusAsync(host), "lag_bytes") < 100_000,
            TestTimeout,
            "it still lags"
        );
        // Other tables' WAL is not kept for a table that rests.
        await shop.ExecuteAsync("insert into other select n, repeat('x', 500) from generate_series(1, 20000) as n");
        await Poll.UntilAsync(
            async () => Captured(await StatusAsync(host), "lag_bytes") < 100_000,
            TestTimeout,
            "the WAL of another table is kept"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_slot_that_is_gone_is_said_and_a_run_takes_the_table_anew()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 20);
        string own = await servers.Postgres.CreateDatabaseAsync();
        await using (IngestionHost first = await StartAsync(shop, own))
        {
            await CaughtUpAsync(first, shop, 20);
        }

        await Poll.UntilAsync(
            async () =>
                !await shop.ScalarAsync<bool>(
                    $"select active from pg_replication_slots where slot_name = '{shop.Slot}'"
                ),
            TestTimeout,
            "the slot stays active"
        );
        await shop.ExecuteAsync($"select pg_drop_replication_slot('{shop.Slot}')");
        await shop.InsertAsync(5);
        await using IngestionHost host = await StartAsync(shop, own, ("Ingestion:Capture:SnapshotWhere", "id > 20"));
        await Poll.UntilAsync(
            async () => (await StatusAsync(host)).GetProperty("state").GetString() == "failed",
            TestTimeout,
            "the loss is not said"
        );
        Assert.Contains(
            "is gone from PostgreSQL",
            (await StatusAsync(host)).GetProperty("last_error").GetString(),
            StringComparison.Ordinal
        );

        JsonElement run = await RunAsync(host, "postgres:public.events");
        Assert.Equal(("completed", 5), (run.GetProperty("state").GetString(), run.GetProperty("rows").GetInt64()));
        Assert.Equal(await shop.IdsAsync(), CapturedShop.Inserted(_pipeline));
        Assert.Equal("postgres:public.events#2", (await StatusAsync(host)).GetProperty("name").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_run_is_completed_once_everything_is_taken_that_was_there()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 10);
        await using IngestionHost host = await StartAsync(shop);
        await shop.InsertAsync(1_000);
        Assert.Equal("completed", (await RunAsync(host, "postgres")).GetProperty("state").GetString());
        Assert.Equal(1_010, CapturedShop.Inserted(_pipeline).Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_snapshot_that_fails_in_the_middle_begins_again_with_a_new_slot()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 5_000);
        string own = await servers.Postgres.CreateDatabaseAsync();
        await using (
            IngestionHost failing = await StartAsync(
                shop,
                own,
                ("Ingestion:Capture:SnapshotWhere", "1 / (4000 - id) < 2")
            )
        )
        {
            await Poll.UntilAsync(
                async () =>
                    (await StatusAsync(failing))
                        .GetProperty("last_error")
                        .GetString()
                        ?.Contains("division by zero", StringComparison.Ordinal) == true,
                TestTimeout,
                "the failure is not said"
            );
        }

        await shop.InsertAsync(10);
        await using IngestionHost host = await StartAsync(shop, own);
        await CaughtUpAsync(host, shop, 5_010);
        Assert.Equal(await shop.IdsAsync(), CapturedShop.Inserted(_pipeline));
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_host_goes_on_where_the_first_one_stood()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 100);
        string own = await servers.Postgres.CreateDatabaseAsync();
        IngestionHost first = await StartAsync(shop, own);
        await CaughtUpAsync(first, shop, 100);
        await using IngestionHost second = await StartAsync(shop, own);
        await shop.InsertAsync(50);
        await CaughtUpAsync(second, shop, 150);
        await first.CrashAsync(_pipeline);
        await shop.InsertAsync(50);
        await CaughtUpAsync(second, shop, 200);
        Assert.Equal(await shop.IdsAsync(), CapturedShop.Inserted(_pipeline));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("no_table", "There is no table")]
    [InlineData("slot", "this Fecom did not make it")]
    [InlineData("publication", "does not publish public.events")]
    [InlineData("role", "It needs REPLICATION")]
    [InlineData("owner", "create publication")]
    [InlineData("password", "database")]
    public async Task What_the_source_lacks_is_said_with_what_mends_it(string lack, string says)
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 1);
        (string, string)[] more = [];
        string role = $"role_{shop.Slot}";
        switch (lack)
        {
            case "no_table":
                more = [("Ingestion:Capture:Table", "shop.events")];
                break;
            case "slot":
                await shop.ExecuteAsync($"select pg_create_logical_replication_slot('{shop.Slot}', 'pgoutput')");
                break;
            case "publication":
                await shop.ExecuteAsync("create publication fecom_events for table other");
                break;
            case "role":
                await shop.ExecuteAsync($"create role {role} login");
                more =
                [
                    (
                        "Ingestion:Capture:ConnectionString",
                        shop.ConnectionString.Replace("Username=fecom", $"Username={role}", StringComparison.Ordinal)
                    ),
                ];
                break;
            case "owner":
                await shop.ExecuteAsync($"create role {role} login replication; grant select on events to {role}");
                more =
                [
                    (
                        "Ingestion:Capture:ConnectionString",
                        shop.ConnectionString.Replace("Username=fecom", $"Username={role}", StringComparison.Ordinal)
                    ),
                ];
                break;
            default:
                more =
                [
                    (
                        "Ingestion:Capture:ConnectionString",
                        shop.ConnectionString.Replace("Database=", "Database=nowhere_", StringComparison.Ordinal)
                    ),
                ];
                break;
        }

        await using IngestionHost host = await StartAsync(shop, null, more);
        await Poll.UntilAsync(
            async () =>
                (await StatusAsync(host))
                    .GetProperty("last_error")
                    .GetString()
                    ?.Contains(says, StringComparison.Ordinal) == true,
            TestTimeout,
            $"nobody says '{says}'"
        );
        Assert.Empty(_pipeline.Taken);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_that_does_not_write_its_WAL_for_it_is_said()
    {
        await using PrivatePostgres replica = await PrivatePostgres.StartAsync(walLevel: "replica");
        await using CapturedShop shop = await CapturedShop.StartAsync(replica, rows: 1);
        await using IngestionHost host = await StartAsync(shop);
        await Poll.UntilAsync(
            async () =>
                (await StatusAsync(host))
                    .GetProperty("last_error")
                    .GetString()
                    ?.Contains("wal_level = logical", StringComparison.Ordinal) == true,
            TestTimeout,
            "nobody says it"
        );
        Assert.Equal("waiting", (await StatusAsync(host)).GetProperty("state").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_publication_and_rights_that_an_owner_gave_are_enough_and_a_partitioned_table_is_one()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres);
        string role = $"role_{shop.Slot}";
        await shop.ExecuteAsync(
            $"""
            drop table events;
            create table events (id bigint generated by default as identity, event_time timestamptz not null, user_id text, price numeric, primary key (id, event_time)) partition by range (event_time);
            create table events_old partition of events for values from ('2000-01-01') to ('2020-01-01');
            create table events_new partition of events for values from ('2020-01-01') to ('2100-01-01');
            insert into events (event_time, user_id, price) values ('2019-01-01', 'a', 1), ('2021-01-01', 'b', 2);
            create publication fecom_events for table events with (publish_via_partition_root = true);
            create role {role} login replication; grant select on events to {role};
            """
        );
        await using IngestionHost host = await StartAsync(
            shop,
            null,
            (
                "Ingestion:Capture:ConnectionString",
                shop.ConnectionString.Replace("Username=fecom", $"Username={role}", StringComparison.Ordinal)
            )
        );
        await CaughtUpAsync(host, shop, 2);
        await shop.ExecuteAsync(
            "insert into events (event_time, user_id, price) values ('2019-01-01', 'a', 1), ('2021-01-01', 'b', 2)"
        );
        await CaughtUpAsync(host, shop, 4);
        Assert.Equal([1, 2, 3, 4], CapturedShop.Inserted(_pipeline));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(
        "alter publication fecom_events drop table events",
        "The table public.events has left the publication fecom_events.",
        "alter publication fecom_events add table events"
    )]
    [InlineData(
        "begin; alter table events rename to events_old; create table events (like events_old including all); commit",
        "is another one than before",
        "alter publication fecom_events add table events"
    )]
    [InlineData(
        "drop table events; create table events (id bigint generated by default as identity (start 1000) primary key, event_time timestamptz, event_type text, product_id bigint, category_id bigint, category_code text, brand text, price numeric(12, 2), user_id bigint, user_session uuid, noted timestamp, weight double precision, extra jsonb, flag boolean)",
        "is another one than before",
        "alter publication fecom_events add table events"
    )]
    [InlineData(
        "drop publication fecom_events",
        "The publication fecom_events is gone.",
        "create publication fecom_events for table events"
    )]
    [InlineData(
        "drop publication fecom_events; create publication fecom_events for table other; alter publication fecom_events add table events",
        "was dropped and made again",
        ""
    )]
    [InlineData(
        "alter publication fecom_events set (publish = 'update')",
        "publishes no inserts any more",
        "alter publication fecom_events set (publish = 'insert')"
    )]
    public async Task What_keeps_rows_from_coming_is_said_within_seconds_and_the_way_on_brings_them(
        string change,
        string says,
        string mend
    )
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 20);
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 20);
        await Poll.UntilAsync(
            async () => (await StatusAsync(host)).GetProperty("state").GetString() == "streaming",
            TestTimeout,
            "it does not stream"
        );
        await shop.ExecuteAsync(change);
        await shop.InsertAsync(3);
        JsonElement status = default;
        await Poll.UntilAsync(
            async () => (status = await StatusAsync(host)).GetProperty("state").GetString() == "failed",
            TimeSpan.FromSeconds(10),
            "nobody says it"
        );
        string error = status.GetProperty("last_error").GetString()!;
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Contains("are missing", error, StringComparison.Ordinal);

        if (mend.Length > 0)
        {
            await shop.ExecuteAsync(mend);
        }

        await shop.InsertAsync(2);
        Assert.Equal("completed", (await RunAsync(host, "postgres")).GetProperty("state").GetString());
        await shop.InsertAsync(1);
        List<long> ids = await shop.IdsAsync();
        await CaughtUpAsync(host, shop, ids.Count);
        Assert.Equal(ids, CapturedShop.Inserted(_pipeline, "postgres:public.events#2"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_table_that_is_renamed_and_renamed_back_loses_nothing()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 20);
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 20);
        await shop.ExecuteAsync(
            "alter table events rename to aside; insert into aside (event_time, event_type, user_id) values (now(), 'view', 1)"
        );
        await Poll.UntilAsync(
            async () =>
                (await StatusAsync(host))
                    .GetProperty("last_error")
                    .GetString()
                    ?.Contains("is gone", StringComparison.Ordinal) == true,
            TimeSpan.FromSeconds(10),
            "nobody says it"
        );
        await shop.ExecuteAsync("alter table aside rename to events");
        await shop.InsertAsync(1);
        await CaughtUpAsync(host, shop, 22);
        Assert.Equal(await shop.IdsAsync(), CapturedShop.Inserted(_pipeline));
        await Poll.UntilAsync(
            async () => (await StatusAsync(host)).GetProperty("state").GetString() == "streaming",
            TestTimeout,
            "it does not stream"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_domain_is_what_it_is_made_of_money_a_number_and_a_numeric_id_has_all_its_digits()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres);
        const string Row =
            "insert into events (event_time, event_type, product_id, price, user_id, noted) values ('2026-11-20 10:00:00+00', 'cart', 9100, '1234.5', 7, '2026-11-20 10:00:00')";
        await shop.ExecuteAsync(
            $"""
            create domain dts as timestamptz; create domain dt as timestamp; create domain big as bigint check (value > 0); create domain bigger as big;
            alter table events alter event_time type dts, alter noted type dt, alter user_id type bigger, alter price type money using price::money;
            {Row};
            """
        );
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 1);
        await shop.ExecuteAsync(Row);
        await shop.ExecuteAsync("insert into events (event_time, price) values ('2026-11-20 10:00:00+00', '-0.05')");
        await shop.ExecuteAsync(
            "alter table events alter price type numeric using price::numeric; alter table events alter event_time type dt"
        );
        await shop.ExecuteAsync(Row);
        await shop.ExecuteAsync("alter table events alter product_id type numeric");
        await shop.ExecuteAsync(Row.Replace("9100", "12345678901234567890", StringComparison.Ordinal));
        await CaughtUpAsync(host, shop, 5);
        List<string> rows =
        [
            .. CapturedShop
                .Changes(_pipeline, "r", "c")
                .Select(change => change.GetProperty("after"))
                .Select(row =>
                    $"{row.GetProperty("event_time")} {row.GetProperty("price")} {row.GetProperty("user_id").ValueKind} {row.GetProperty("noted")} {row.GetProperty("product_id").GetRawText()}"
                ),
        ];
        Assert.Equal(
            [
                "2026-11-20T10:00:00Z 1234.50 Number 1795168800000000 9100",
                "2026-11-20T10:00:00Z 1234.50 Number 1795168800000000 9100",
                "2026-11-20T10:00:00Z -0.05 Null  null",
                "1795168800000000 1234.5 Number 1795168800000000 9100",
                "1795168800000000 1234.5 Number 1795168800000000 12345678901234567890",
            ],
            rows
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_table_without_a_key_stays_the_shops_to_change_and_a_publication_that_forbids_it_is_pointed_out()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(servers.Postgres, rows: 5);
        await shop.ExecuteAsync("alter table events drop constraint events_pkey");
        await using IngestionHost host = await StartAsync(shop);
        await CaughtUpAsync(host, shop, 5);
        await shop.ExecuteAsync("update events set price = 2; delete from events where id = 1");
        await shop.InsertAsync(1);
        await CaughtUpAsync(host, shop, 6);
        Assert.Equal(JsonValueKind.Null, (await StatusAsync(host)).GetProperty("notice").ValueKind);

        await shop.ExecuteAsync("alter publication fecom_events set (publish = 'insert, update')");
        await Poll.UntilAsync(
            async () =>
                (await StatusAsync(host))
                    .GetProperty("notice")
                    .GetString()
                    ?.Contains("PostgreSQL refuses the shop's own UPDATE and DELETE", StringComparison.Ordinal) == true,
            TestTimeout,
            "nobody points it out"
        );
        await shop.ExecuteAsync("alter table events add primary key (id)");
        await Poll.UntilAsync(
            async () => (await StatusAsync(host)).GetProperty("notice").ValueKind == JsonValueKind.Null,
            TestTimeout,
            "it is still pointed out"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_connection_string_there_is_no_such_source()
    {
        await using IngestionHost host = await IngestionHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline
        );
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        Assert.DoesNotContain(
            body.GetProperty("sources").EnumerateArray(),
            source => source.GetProperty("kind").GetString() == "postgres"
        );
        using HttpResponseMessage run = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source = "postgres" },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.BadRequest, run.StatusCode);
    }

    public void Dispose() => _files.Dispose();

    private static long Captured(JsonElement status, string name) =>
        status.GetProperty("capture") is { ValueKind: JsonValueKind.Object } capture
        && capture.GetProperty(name) is { ValueKind: JsonValueKind.Number } value
            ? value.GetInt64()
            : 0;

    private static async Task<JsonElement> StatusAsync(IngestionHost host)
    {
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        return body.GetProperty("sources")
            .EnumerateArray()
            .Single(source => source.GetProperty("kind").GetString() == "postgres");
    }

    /// <summary>Every sink has as many rows and changes, and the slot has been told.</summary>
    private static async Task CaughtUpAsync(IngestionHost host, CapturedShop shop, long changes)
    {
        await Poll.UntilEqualAsync(
            changes,
            async () => (await StatusAsync(host)).GetProperty("position").GetInt64(),
            TestTimeout,
            "changes taken"
        );
        string slot = shop.Slot;
        await Poll.UntilAsync(
            async () =>
                await shop.ScalarAsync<bool>(
                    $"select exists (select from pg_replication_slots where slot_name = '{slot}')"
                ),
            TestTimeout,
            "there is no slot"
        );
    }

    private static async Task<JsonElement> RunAsync(IngestionHost host, string source)
    {
        using HttpResponseMessage asked = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        JsonElement run = default;
        await Poll.UntilAsync(
            async () =>
            {
                run = await host.Http.GetFromJsonAsync<JsonElement>(asked.Headers.Location, Cancelled);
                return run.GetProperty("state").GetString() is "completed" or "failed";
            },
            TestTimeout,
            "the run does not end"
        );
        return run;
    }

    private static Task WrittenAsync(Func<int> written, int transactions) =>
        Poll.UntilAsync(() => Task.FromResult(written() >= transactions), TestTimeout, "nobody writes");

    private async Task<IngestionHost> StartAsync(
        CapturedShop shop,
        string? own = null,
        params (string Key, string Value)[] settings
    ) =>
        await IngestionHost.StartAsync(
            own ?? await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline,
            shop.Settings(settings)
        );
}
