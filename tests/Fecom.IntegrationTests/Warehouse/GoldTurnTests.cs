using Fecom.Testing;
using Fecom.Warehouse.BuildGold;
using Fecom.Warehouse.BuildSilver;
using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Slices are made ready for gold while another one has its turn.</summary>
public sealed class GoldTurnTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Slices_that_are_killed_while_they_wait_for_their_turn_leave_nothing_and_come_again()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers, ("Warehouse:SliceEvents", "50"));
        await store.ExecuteAsync(GoldTests.Made(11, 400));
        for (int batch = 0; batch < 4; batch++)
        {
            await store.WriteBatchAsync($"n % 4 = {batch}");
        }

        await using (await TurnAsync(store))
        {
            Task run = store.RunAsync();
            await WaitingAsync(store, 2);
            Assert.Equal(0, await store.AskAsync<long>("select count(*) from gold.fact_event"));
            await store.ExecuteAsync($"select pg_terminate_backend(pid) {Waiting}");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => run);
        }

        Assert.Equal(0, await store.AskAsync<long>("select count(*) from gold.fact_event"));
        Assert.Empty((await store.RunAsync()).Failures);
        await AssertGoldAsync(store);
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_runs_with_the_same_slice_write_it_once_and_who_holds_the_steps_up_sees_it_whole()
    {
        using WarehouseStore store = await WarehouseStore.CreateAsync(servers);
        await store.ExecuteAsync(GoldTests.Made(12, 200));
        await store.WriteBatchAsync("true");
        OpenSlice slice = Assert.Single(await store.Service<SlicePlanner>().PlanAsync(Cancelled));
        await store.Service<SilverStep>().RunAsync(slice.Number, Cancelled);
        GoldStep gold = store.Service<GoldStep>();
        await using NpgsqlConnection other = await store.Database.OpenConnectionAsync(Cancelled);
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync(Cancelled);
        Task[] runs;
        Task heldUp;
        await using (await TurnAsync(store))
        {
            runs = [gold.RunAsync(slice.Number, Cancelled), gold.RunAsync(slice.Number, Cancelled)];
            await WaitingAsync(store, 2);
            heldUp = SliceTransaction.HoldUpAsync(other, Cancelled);
            await WaitingAsync(store, 3);
        }

        await heldUp;
        await using NpgsqlCommand states = new("select string_agg(state, ' ') from silver.slice", other);
        Assert.Equal("gold", await states.ExecuteScalarAsync(Cancelled));
        await transaction.RollbackAsync(Cancelled);
        await Task.WhenAll(runs);
        await AssertGoldAsync(store);
    }

    /// <summary>Sessions that wait for an advisory lock.</summary>
    private const string Waiting = """
        from pg_locks
        where not granted and locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
        """;

    private static Task<SliceTransaction> TurnAsync(WarehouseStore store) =>
        SliceTransaction.BeginAsync(store.Database, [SliceTransaction.ToGold], [], Cancelled);

    private static Task WaitingAsync(WarehouseStore store, long sessions) =>
        Poll.UntilEqualAsync(
            sessions,
            () => store.AskAsync<long>($"select count(*) {Waiting}"),
            TimeSpan.FromSeconds(60),
            "sessions that wait for their turn"
        );

    private static async Task AssertGoldAsync(WarehouseStore store)
    {
        foreach ((string table, string query) in GoldOracle.Queries)
        {
            Assert.Equal("0: ", await store.AskAsync<string>(GoldOracle.Difference(table, query)));
        }
    }
}
