using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Ingestion.RunOnOneHost;

/// <summary>Does a piece of work on one host at a time: the one that holds an advisory lock of PostgreSQL.</summary>
internal sealed partial class HostLease(NpgsqlDataSource database, TimeProvider time, ILogger<HostLease> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Runs the work whenever this host holds the lock, until cancelled. The work's token ends when the lock is lost.</summary>
    public async Task HoldAsync(long key, string name, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        string? reported = null;
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            try
            {
                await TryHoldAsync(key, name, work, stopping);
                reported = null;
            }
            catch (Exception e) when (Outage.Is(e) && !stopping.IsCancellationRequested)
            {
                if (reported != e.Message)
                {
                    reported = e.Message;
                    LogOutage(name, e.Message);
                }
            }
        } while (await timer.WaitForNextTickAsync(stopping));
    }

    private async Task TryHoldAsync(long key, string name, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(stopping);
        if (!await TryLockAsync(connection, key, stopping))
        {
            return;
        }

        LogHeld(name);
        using CancellationTokenSource held = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task watch = WatchAsync(connection, held);
        try
        {
            await work(held.Token);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            LogLost(name);
        }
        finally
        {
            await held.CancelAsync();
            await watch;
            await UnlockAsync(connection, key);
        }
    }

    /// <summary>The lock lives as long as the connection; this notices when that ends.</summary>
    private async Task WatchAsync(NpgsqlConnection connection, CancellationTokenSource held)
    {
        using PeriodicTimer timer = new(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(held.Token))
            {
                await using NpgsqlCommand probe = new("select 1", connection);
                await probe.ExecuteNonQueryAsync(held.Token);
            }
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested)
        {
            // The work has ended.
        }
        catch (Exception e) when (Outage.Is(e))
        {
            await held.CancelAsync();
        }
    }

    /// <summary>A connection that goes back to its pool keeps its locks for a while, so this one is given back here.</summary>
    private static async Task UnlockAsync(NpgsqlConnection connection, long key)
    {
        try
        {
            await using NpgsqlCommand command = new("select pg_advisory_unlock($1)", connection) { Parameters = { new() { Value = key } } };
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (Outage.Is(e) || e is InvalidOperationException)
        {
            // The connection is broken, and the lock with it.
        }
    }

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = key } } };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    [LoggerMessage(LogLevel.Debug, "This host does {Work} now")]
    private partial void LogHeld(string work);

    [LoggerMessage(LogLevel.Warning, "This host has lost the lock for {Work} and stops doing it")]
    private partial void LogLost(string work);

    [LoggerMessage(LogLevel.Warning, "{Work} waits for PostgreSQL: {Reason}")]
    private partial void LogOutage(string work, string reason);
}
