using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Platform.Hosts;

/// <summary>Does a piece of work on one host at a time: the one that holds an advisory lock of PostgreSQL.</summary>
public sealed partial class HostLease(NpgsqlDataSource database, TimeProvider time, ILogger<HostLease> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>A connection that ends says so by itself, unless the network has lost it.</summary>
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(30);

    /// <summary>Runs the work whenever this host holds the lock, until cancelled. The work's token ends when the lock is lost.</summary>
    /// <exception cref="Exception">What the work threw, or PostgreSQL is away (see <see cref="Outage"/>): hold it again later.</exception>
    public async Task HoldAsync(long key, string name, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        while (true)
        {
            await TryHoldAsync(key, name, work, stopping);
            await Task.Delay(Interval, time, stopping);
        }
    }

    private async Task TryHoldAsync(
        long key,
        string name,
        Func<CancellationToken, Task> work,
        CancellationToken stopping
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(stopping);
        if (!await AdvisoryLock.TryTakeAsync(database, connection, key, stopping))
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
            await AdvisoryLock.ReleaseAsync(database, connection, key);
        }
    }

    /// <summary>The lock ends with its connection: cancels <paramref name="held"/> when that has ended.</summary>
    private static async Task WatchAsync(NpgsqlConnection connection, CancellationTokenSource held)
    {
        try
        {
            while (true)
            {
                if (!await connection.WaitAsync(Probe, held.Token))
                {
                    await AdvisoryLock.ProbeAsync(connection, held.Token);
                }
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

    [LoggerMessage(LogLevel.Debug, "This host does {Work} now")]
    private partial void LogHeld(string work);

    [LoggerMessage(LogLevel.Warning, "This host has lost the lock for {Work} and stops doing it")]
    private partial void LogLost(string work);
}
