using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A PostgreSQL that fails while it is followed, or loses what Fecom made in it, is followed again without a gap.</summary>
public sealed class CaptureRecoveryTests(Servers servers) : CaptureContext(servers)
{
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
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 10);
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

    /// <summary>A slot that moved on is what a Fecom finds whose own database was restored from a backup.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("pg_drop_replication_slot('{0}')", "is gone from PostgreSQL")]
    [InlineData("pg_replication_slot_advance('{0}', pg_current_wal_lsn())", "up to which its changes were taken")]
    public async Task A_slot_that_has_lost_changes_is_said_and_a_run_takes_the_table_anew(string loss, string error)
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 20);
        string own = await Postgres.CreateDatabaseAsync();
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
        await shop.InsertAsync(5);
        await shop.ExecuteAsync($"select {loss.Replace("{0}", shop.Slot, StringComparison.Ordinal)}");
        await using IngestionHost host = await StartAsync(shop, own, ("Ingestion:Capture:SnapshotWhere", "id > 20"));
        await Poll.UntilAsync(
            async () => (await StatusAsync(host)).GetProperty("state").GetString() == "failed",
            TestTimeout,
            "the loss is not said"
        );
        Assert.Contains(
            error,
            (await StatusAsync(host)).GetProperty("last_error").GetString(),
            StringComparison.Ordinal
        );

        JsonElement run = await host.LoadAsync("postgres:public.events");
        Assert.Equal(("completed", 5), (run.GetProperty("state").GetString(), run.GetProperty("rows").GetInt64()));
        Assert.Equal(await shop.IdsAsync(), CapturedShop.Inserted(_pipeline));
        Assert.Equal("postgres:public.events#2", (await StatusAsync(host)).GetProperty("name").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_snapshot_that_fails_in_the_middle_begins_again_with_a_new_slot()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 5_000);
        string own = await Postgres.CreateDatabaseAsync();
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
    public async Task A_table_that_is_renamed_and_renamed_back_loses_nothing()
    {
        await using CapturedShop shop = await CapturedShop.StartAsync(Postgres, rows: 20);
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
            TimeSpan.FromSeconds(60),
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
}
