using Fecom.Testing;
using Npgsql;

namespace Fecom.FunctionalTests;

/// <summary>SIGTERM under load.</summary>
public sealed class DrainTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task A_stop_finishes_the_batch_at_hand_and_the_next_start_goes_on()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "150000",
            "--seed",
            "41",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        HostProcess host = await shop.StartHostAsync();
        await Poll.UntilAsync(
            async () => await shop.CountAsync("bronze.event") > 20_000,
            TimeSpan.FromSeconds(240),
            "the load did not get under way"
        );

        // The batch that bronze has at hand waits for these rows when the signal comes.
        await using NpgsqlConnection connection = await shop.Database.OpenConnectionAsync(Cancelled);
        await using NpgsqlTransaction holding = await connection.BeginTransactionAsync(Cancelled);
        await ExecuteAsync(connection, "select from platform.sink_partition where sink = 'bronze' for update");
        long before = await shop.CountAsync("bronze.event");
        await Poll.UntilAsync(
            () => IsBlockingAsync(shop, connection.ProcessID),
            TimeSpan.FromSeconds(240),
            "no batch waits for the lock"
        );
        Task<TimeSpan> stop = host.StopAsync();
        await Poll.UntilAsync(
            () => Task.FromResult(host.Output.Contains("Application is shutting down", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(240),
            "the host did not hear the signal"
        );
        await holding.RollbackAsync(Cancelled);
        TimeSpan took = await stop;

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.Equal(0, host.ExitCode);
        Assert.DoesNotContain("is left to the next member", host.Output, StringComparison.Ordinal);
        Assert.True(await shop.CountAsync("bronze.event") > before, "the batch at hand was given up");

        await shop.StartHostAsync();
        await shop.LoadedAsync("events.csv");
        await shop.AssertStoresAsync(await shop.OracleAsync("events.csv"));
    }

    private static async Task<bool> IsBlockingAsync(Shop shop, int process)
    {
        await using NpgsqlCommand command = shop.Database.CreateCommand(
            "select exists (select from pg_stat_activity where $1 = any(pg_blocking_pids(pid)))"
        );
        command.Parameters.AddWithValue(process);
        return (bool)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
