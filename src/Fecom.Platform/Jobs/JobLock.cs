using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>A run's exclusive right to do its job: an advisory lock of PostgreSQL, held by a connection of this host.</summary>
internal sealed partial class JobLock : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>How long PostgreSQL may be away before the run is given up.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly string _job;
    private readonly long _run;
    private readonly long _begun;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _watch;
    private NpgsqlConnection _connection;

    public JobLock(
        string job,
        long run,
        long begun,
        NpgsqlConnection connection,
        NpgsqlDataSource database,
        TimeProvider time,
        ILogger logger
    )
    {
        _job = job;
        _run = run;
        _begun = begun;
        _connection = connection;
        _database = database;
        _time = time;
        _logger = logger;
        _watch = WatchAsync();
    }

    /// <summary>Cancelled when another run has taken the lock, or PostgreSQL was unavailable for 30 s, so that one might have.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Records that the run succeeded: every request from before its start is thereby fulfilled.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                "update jobs.latest_run set covers = begun, covered_by = run where job = @job and begun = @begun",
                new { job = _job, begun = _begun },
                cancellationToken: cancellationToken
            )
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watch;
        await AdvisoryLock.ReleaseAsync(_database, _connection, JobLocks.KeyOf(_job));
        await _connection.DisposeAsync();
        _ended.Dispose();
        _lost.Dispose();
    }

    /// <summary>The lock ends with its connection: checks that every 3 s, and takes the lock again unless another run has had it.</summary>
    private async Task WatchAsync()
    {
        using PeriodicTimer timer = new(Interval, _time);
        long seen = _time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                if (await IsHeldAsync())
                {
                    seen = _time.GetTimestamp();
                }
                else if (_time.GetElapsedTime(seen) > Timeout)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return;
        }
        catch (LockTakenException)
        {
            // Logged below.
        }

        LogLost(_job, _run);
        await _lost.CancelAsync();
    }

    private async Task<bool> IsHeldAsync()
    {
        try
        {
            if (_connection.State == System.Data.ConnectionState.Open)
            {
                await AdvisoryLock.ProbeAsync(_connection, _ended.Token);
                return true;
            }

            await _connection.DisposeAsync();
            _connection = await _database.OpenConnectionAsync(_ended.Token);
            if (
                !await AdvisoryLock.TryTakeAsync(_database, _connection, JobLocks.KeyOf(_job), _ended.Token)
                || await BegunAsync() != _begun
            )
            {
                throw new LockTakenException();
            }

            return true;
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return false;
        }
    }

    private Task<long> BegunAsync() =>
        _connection.ExecuteScalarAsync<long>(
            new CommandDefinition(
                "select begun from jobs.latest_run where job = @job",
                new { job = _job },
                cancellationToken: _ended.Token
            )
        );

    [LoggerMessage(LogLevel.Warning, "{Job}, run {Run}: this host has the run no longer, and stops it")]
    private partial void LogLost(string job, long run);

    private sealed class LockTakenException : Exception;
}
