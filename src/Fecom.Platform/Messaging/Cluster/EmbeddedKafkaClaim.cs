using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>An embedded cluster as its owner announces it.</summary>
/// <param name="Id">Identifies one start of the cluster: its log is in memory, so each start has a log of its own.</param>
/// <param name="BootstrapServers">host:port of its broker.</param>
internal sealed record EmbeddedKafkaAddress(string Id, string BootstrapServers);

/// <summary>
/// Hosts that share a PostgreSQL share one embedded cluster. The host that holds an advisory lock owns the cluster and writes its address to
/// <c>platform.embedded_kafka</c>; the others connect to it.
/// </summary>
internal sealed class EmbeddedKafkaClaim(NpgsqlDataSource database, TimeProvider time) : IDisposable
{
    /// <summary>A host counts as stopped when its last heartbeat is older.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private NpgsqlConnection? _connection;

    /// <summary>Takes the lock, or finds that it still holds it.</summary>
    /// <returns>False when another host has it.</returns>
    public async Task<bool> TryHoldAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null && await IsAliveAsync(_connection, cancellationToken))
        {
            return true;
        }

        await ReleaseAsync();
        NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        if (await AdvisoryLock.TryTakeAsync(database, connection, LockKeys.EmbeddedKafka, cancellationToken))
        {
            _connection = connection;
            return true;
        }

        await connection.DisposeAsync();
        return false;
    }

    /// <summary>Releases the lock.</summary>
    public async Task ReleaseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await AdvisoryLock.ReleaseAsync(database, connection, LockKeys.EmbeddedKafka);
            await connection.DisposeAsync();
        }
    }

    /// <summary>Publishes the address of this process's cluster.</summary>
    public Task AnnounceAsync(EmbeddedKafkaAddress address, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            insert into platform.embedded_kafka (id, bootstrap_servers, started_at) values (@Id, @BootstrapServers, @now)
            on conflict (only_row) do update
            set id = excluded.id, bootstrap_servers = excluded.bootstrap_servers, started_at = excluded.started_at
            """,
            new
            {
                address.Id,
                address.BootstrapServers,
                now = time.GetUtcNow().UtcDateTime,
            },
            cancellationToken
        );

    /// <summary>The address that was published last; null before the first.</summary>
    public Task<EmbeddedKafkaAddress?> AnnouncedAsync(CancellationToken cancellationToken) =>
        database.FindAsync<EmbeddedKafkaAddress>(
            "select id, bootstrap_servers as BootstrapServers from platform.embedded_kafka",
            null,
            cancellationToken
        );

    /// <summary>Writes this host's heartbeat.</summary>
    /// <returns>The number of hosts with a recent heartbeat, this one included.</returns>
    public Task<int> BeatAsync(string host, CancellationToken cancellationToken)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return database.ReadAsync<int>(
            """
            delete from platform.embedded_host where seen_at < @gone;
            insert into platform.embedded_host (host, seen_at) values (@host, @now) on conflict (host) do update set seen_at = excluded.seen_at;
            select count(*)::integer from platform.embedded_host
            """,
            new
            {
                host,
                now,
                gone = now - Lifetime,
            },
            cancellationToken
        );
    }

    /// <summary>The lock ends with the data source's connections at the latest.</summary>
    public void Dispose() => _connection?.Dispose();

    /// <summary>The lock ends with its connection, so the connection is what is probed.</summary>
    private static async Task<bool> IsAliveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await AdvisoryLock.ProbeAsync(connection, cancellationToken);
            return true;
        }
        catch (Exception e) when (Outage.Is(e) || e is InvalidOperationException)
        {
            return false;
        }
    }
}
