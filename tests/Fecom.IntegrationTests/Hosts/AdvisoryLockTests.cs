using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Hosts;

/// <summary>Locks that are held by connections of the host's pool, which keeps sessions as they are.</summary>
public sealed class AdvisoryLockTests(Servers servers)
{
    private const long Key = 7;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_lock_that_cannot_be_released_ends_with_its_session()
    {
        string connectionString = await servers.Postgres.CreateDatabaseAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddStorage(
                new ConfigurationBuilder()
                    .AddInMemoryCollection(
                        new Dictionary<string, string?>
                        {
                            ["ConnectionStrings:Postgres"] = connectionString,
                            ["ConnectionStrings:Redis"] = "localhost",
                        }
                    )
                    .Build()
            )
            .BuildServiceProvider();
        NpgsqlDataSource pool = services.GetRequiredService<NpgsqlDataSource>();
        await using (NpgsqlConnection holder = await pool.OpenConnectionAsync(Cancelled))
        {
            Assert.True(await AdvisoryLock.TryTakeAsync(pool, holder, Key, Cancelled));
            await using NpgsqlCommand command = new("select 1", holder);
            // A connection takes no other command while it reads an answer.
            await using NpgsqlDataReader reading = await command.ExecuteReaderAsync(Cancelled);
            await AdvisoryLock.ReleaseAsync(pool, holder, Key);
        }

        await using NpgsqlDataSource elsewhere = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlConnection other = await elsewhere.OpenConnectionAsync(Cancelled);
        await Poll.UntilAsync(
            () => AdvisoryLock.TryTakeAsync(elsewhere, other, Key, Cancelled),
            TimeSpan.FromSeconds(10),
            "the lock is still held by a session of the pool"
        );
    }
}
