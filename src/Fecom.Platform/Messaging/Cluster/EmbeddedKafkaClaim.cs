using Fecom.Platform.Hosts;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>An embedded cluster as its owner announces it.</summary>
/// <param name="Id">Names this start of it: its log is in memory, so another start is another log.</param>
/// <param name="BootstrapServers">host:port of its broker.</param>
internal sealed record EmbeddedKafkaAddress(string Id, string BootstrapServers);

/// <summary>
/// Hosts that share a PostgreSQL share one embedded cluster. Who holds an advisory lock may own it and says in
/// <c>platform.embedded_kafka</c> where it is; the others join it.
/// </summary>
internal sealed class EmbeddedKafkaClaim(NpgsqlDataSource database, TimeProvider time) : IDisposable
{
    /// <summary>A host that has given no sign for so long is gone.</summary>
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
        if (await AdvisoryLock.TryTakeAsync(connection, LockKeys.EmbeddedKafka, cancellationToken))
        {
            _connection = connection;
            return true;
        }

        await connection.DisposeAsync();
        return false;
    }

    /// <summary>Gives the lock back.</summary>
    public async Task ReleaseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await AdvisoryLock.ReleaseAsync(connection, LockKeys.EmbeddedKafka);
            await connection.DisposeAsync();
        }
    }

    /// <summary>Says where the cluster of this process is.</summary>
    public async Task AnnounceAsync(EmbeddedKafkaAddress address, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into platform.embedded_kafka (id, bootstrap_servers, started_at) values ($1, $2, $3)
            on conflict (only_row) do update
            set id = excluded.id, bootstrap_servers = excluded.bootstrap_servers, started_at = excluded.started_at
            """
        );
        command.Parameters.Add(new() { Value = address.Id });
        command.Parameters.Add(new() { Value = address.BootstrapServers });
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Where the cluster is that was announced last; null before the first.</summary>
    public async Task<EmbeddedKafkaAddress?> AnnouncedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand("select id, bootstrap_servers from platform.embedded_kafka");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new(reader.GetString(0), reader.GetString(1)) : null;
    }

    /// <summary>Gives a sign of life of this host.</summary>
    /// <returns>How many hosts have given one lately, this one included.</returns>
    public async Task<int> BeatAsync(string host, CancellationToken cancellationToken)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(new("delete from platform.embedded_host where seen_at < $1") { Parameters = { new() { Value = now - Lifetime } } });
        batch.BatchCommands.Add(
            new("insert into platform.embedded_host (host, seen_at) values ($1, $2) on conflict (host) do update set seen_at = excluded.seen_at")
            {
                Parameters = { new() { Value = host }, new() { Value = now } },
            }
        );
        batch.BatchCommands.Add(new("select count(*)::integer from platform.embedded_host"));
        return (int)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The lock ends with the data source's connections at the latest.</summary>
    public void Dispose() => _connection?.Dispose();

    /// <summary>The lock lives as long as its connection.</summary>
    private static async Task<bool> IsAliveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlCommand probe = new("select 1", connection);
            await probe.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (Outage.Is(e) || e is InvalidOperationException)
        {
            return false;
        }
    }
}
