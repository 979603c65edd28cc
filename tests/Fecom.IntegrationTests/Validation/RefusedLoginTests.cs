using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>A PostgreSQL that refuses the host for a while ends no part of it.</summary>
public sealed class RefusedLoginTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_host_whose_role_may_not_log_in_waits_says_so_and_goes_on()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using NpgsqlDataSource admin = NpgsqlDataSource.Create(database);
        string role = new NpgsqlConnectionStringBuilder(database).Database + "_shop";
        await ExecuteAsync(admin, $"create role {role} login superuser");
        await using ValidationHost host = await ValidationHost.StartAsync(
            new NpgsqlConnectionStringBuilder(database) { Username = role }.ConnectionString
        );
        await new ShopEvents(host).SendAsync(ShopEvents.Good);

        await ExecuteAsync(admin, $"alter role {role} nologin");
        await ExecuteAsync(admin, $"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'");
        Task sending = new ShopEvents(host, "file:more.csv@1").SendAsync(ShopEvents.Good);
        foreach (string check in new[] { "services", "endpoints" })
        {
            await Poll.UntilAsync(
                async () =>
                    (await host.HealthAsync(check)) is { Status: HealthStatus.Degraded, Description: { } text }
                    && text.Contains("lets this user or host not in", StringComparison.Ordinal),
                TimeSpan.FromSeconds(60),
                $"{check} does not say that the role may not log in"
            );
        }

        Assert.False(
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested
        );
        await ExecuteAsync(admin, $"alter role {role} login");
        await sending;

        Assert.Equal(2, await host.CountAsync("bronze.event"));
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        await Poll.UntilAsync(
            async () => (await host.HealthAsync("services")).Status == HealthStatus.Healthy,
            TimeSpan.FromSeconds(60),
            "health does not say that all is well again"
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task Statements_that_a_person_cancels_end_no_part_of_the_host()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        await using NpgsqlConnection person = await host.Database.OpenConnectionAsync(Cancelled);
        await using (NpgsqlTransaction holding = await person.BeginTransactionAsync(Cancelled))
        {
            await using NpgsqlCommand locking = new(
                "lock table bronze.event, platform.offset_move, validation.invalid_event in access exclusive mode",
                person
            );
            await locking.ExecuteNonQueryAsync(Cancelled);
            Task sending = new ShopEvents(host).SendAsync(ShopEvents.Good, ShopEvents.With("view", "gaze"));
            for (int cancelled = 0; cancelled < 20; )
            {
                // Not in the person's transaction, which would see the same statements again and again.
                await using NpgsqlCommand cancel = host.Database.CreateCommand(
                    """
                    select count(pg_cancel_backend(pid)) from (
                        select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' offset 0) as waiting
                    """
                );
                cancelled += (int)(long)(await cancel.ExecuteScalarAsync(Cancelled))!;
            }

            await holding.RollbackAsync(Cancelled);
            await sending;
        }

        Assert.Equal(1, await host.CountAsync("bronze.event"));
        Assert.Equal(1, await host.CountAsync("validation.invalid_event"));
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        Assert.False(
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested
        );
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
