using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A table of a PostgreSQL is followed by logical replication: each row comes once, whatever happens on either side.</summary>
public sealed class CapturePostgresTests(Servers servers) : CaptureContext(servers)
{
    [Fact(Timeout = 120_000)]
    public async Task Rows_of_the_beginning_and_every_change_come_as_Debezium_tells_them()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 300);
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
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres);
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

    [Fact(Timeout = 600_000)]
    public async Task A_snapshot_while_others_write_has_no_gap_and_no_overlap()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 20_000);
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
            TimeSpan.FromSeconds(240),
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
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 3_000);
        string own = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
    public async Task A_run_is_completed_once_everything_is_taken_that_was_there()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 10);
        await using IngestionHost host = await StartAsync(shop);
        await shop.InsertAsync(1_000);
        Assert.Equal("completed", (await host.LoadAsync("postgres")).GetProperty("state").GetString());
        Assert.Equal(1_010, CapturedShop.Inserted(_pipeline).Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_host_goes_on_where_the_first_one_stood()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 100);
        string own = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
    public async Task A_domain_is_what_it_is_made_of_money_a_number_and_a_numeric_id_has_all_its_digits()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres);
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

    [Fact(Timeout = 60_000)]
    public async Task Without_a_connection_string_there_is_no_such_source()
    {
        await using IngestionHost host = await IngestionHost.StartAsync(
            await Postgres.CreateDatabaseAsync(),
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
}
