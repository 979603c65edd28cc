using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>
/// Lets one run of a job work at a time, over all hosts: it holds an advisory lock of PostgreSQL. The lock ends with its
/// connection, so a host that was killed leaves none behind.
/// </summary>
internal sealed class JobLocks(
    NpgsqlDataSource database,
    RunTable runs,
    IOptions<JobOptions> options,
    TimeProvider time,
    ILogger<JobLocks> logger
)
{
    /// <summary>The upper half of every lock's key.</summary>
    internal const int LockClass = 0x6665_636a;

    /// <summary>The delays of a postponed run, which is also woken when the run before it ends.</summary>
    private static readonly RetrySchedule Waits = new(TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(5));

    private static readonly TimeSpan EndedWait = TimeSpan.FromSeconds(10);

    /// <summary>Takes the job's lock for a run.</summary>
    /// <exception cref="RunUnderWayException">Another run holds it, or the same run on another host.</exception>
    /// <exception cref="RunCoveredException">A run that began after this one was requested has already done the work.</exception>
    public async Task<JobLock> TakeAsync(string job, long run, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            if (!await AdvisoryLock.TryTakeAsync(database, connection, KeyOf(job), cancellationToken))
            {
                await GiveWayAsync(connection, job, run, cancellationToken);
            }

            long begun = await BeginAsync(connection, job, run, cancellationToken);
            return new JobLock(job, run, begun, connection, database, time, logger);
        }
        catch
        {
            await AdvisoryLock.ReleaseAsync(database, connection, KeyOf(job));
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The key of a job's lock: <see cref="LockClass"/>, and a hash of the job's name.</summary>
    internal static long KeyOf(string job) =>
        ((long)LockClass << 32) | BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(job)));

    private async Task GiveWayAsync(
        NpgsqlConnection connection,
        string job,
        long run,
        CancellationToken cancellationToken
    )
    {
        long? other = await connection.ExecuteScalarAsync<long?>(
            new CommandDefinition(
                "select run from jobs.latest_run where job = @job",
                new { job },
                cancellationToken: cancellationToken
            )
        );
        int held = await runs.HoldAsync(run, cancellationToken);
        if (other != run)
        {
            throw new RunUnderWayException(
                $"Run {other} of {job} is under way; this one begins when it has ended.",
                Waits.Wait(held, asked: null)
            );
        }

        if (held == 1)
        {
            // The other host gets time to notice that the run is no longer its own.
            throw new RunUnderWayException(
                "The host that had this run before has not let go of it yet.",
                TimeSpan.FromSeconds(options.Value.TakeoverSeconds)
            );
        }

        await EndHolderAsync(connection, job, cancellationToken);
    }

    /// <summary>A host that hangs or is cut off holds the lock for as long as PostgreSQL keeps its connection: terminates that connection.</summary>
    private async Task EndHolderAsync(NpgsqlConnection connection, string job, CancellationToken cancellationToken)
    {
        await AdvisoryLock.TerminateHolderAsync(connection, KeyOf(job), cancellationToken);
        using CancellationTokenSource end = new(EndedWait, time);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100), time);
        while (!await AdvisoryLock.TryTakeAsync(database, connection, KeyOf(job), cancellationToken))
        {
            if (end.IsCancellationRequested)
            {
                throw new RunUnderWayException(
                    "The host that had this run before cannot be made to let go of it.",
                    Waits.MaxDelay
                );
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task<long> BeginAsync(
        NpgsqlConnection connection,
        string job,
        long run,
        CancellationToken cancellationToken
    )
    {
        long? covered = await connection.ExecuteScalarAsync<long?>(
            new CommandDefinition(
                "select t.covered_by from jobs.latest_run t join jobs.run r using (job) where t.job = @job and r.id = @run and r.requested <= t.covers",
                new { job, run },
                cancellationToken: cancellationToken
            )
        );
        if (covered is not null)
        {
            throw new RunCoveredException($"Run {covered} began after this one was asked for, and has done it.");
        }

        await runs.BeginAsync(run, cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition(
                """
                insert into jobs.latest_run (job, run, begun) values (@job, @run, nextval('jobs.moment'))
                on conflict (job) do update set run = excluded.run, begun = excluded.begun
                returning begun
                """,
                new { job, run },
                cancellationToken: cancellationToken
            )
        );
    }
}

/// <summary>Another run holds the job's lock: this one is postponed.</summary>
internal sealed class RunUnderWayException(string message, TimeSpan wait) : Exception(message)
{
    /// <summary>How long until the run tries again, unless it is woken before.</summary>
    public TimeSpan Wait => wait;
}

/// <summary>There is nothing left to do for this run.</summary>
internal sealed class RunCoveredException(string message) : Exception(message);
