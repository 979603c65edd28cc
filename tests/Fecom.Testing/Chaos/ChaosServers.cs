using Npgsql;

namespace Fecom.Testing.Chaos;

/// <summary>The PostgreSQL and the Redis that runs use one after the other.</summary>
public sealed class ChaosServers : IAsyncDisposable
{
    private ChaosServers(PrivatePostgres postgres, PrivateRedis redis) => (Postgres, Redis) = (postgres, redis);

    internal PrivatePostgres Postgres { get; }

    internal PrivateRedis Redis { get; }

    /// <summary>Starts both.</summary>
    public static async Task<ChaosServers> StartAsync() => new(await PrivatePostgres.StartAsync(), await PrivateRedis.StartAsync());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    /// <summary>An empty database, and Redis empty too.</summary>
    /// <returns>Npgsql's connection string.</returns>
    internal async Task<string> EmptyAsync()
    {
        await Redis.FlushAsync();
        string connection = await Postgres.CreateDatabaseAsync();
        // What earlier runs wrote need not be recovered again after each kill of this one.
        await ExecuteAsync("checkpoint");
        return connection;
    }

    /// <summary>Gives a run's database back.</summary>
    internal Task DropAsync(string connection) =>
        ExecuteAsync($"drop database {new NpgsqlConnectionStringBuilder(connection).Database} with (force)");

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlDataSource server = NpgsqlDataSource.Create(Postgres.ConnectionString("postgres") + ";Pooling=false;Command Timeout=120");
        await using NpgsqlCommand command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
