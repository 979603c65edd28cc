using Dapper;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>The newest runs of each job. Their states are Hangfire's: its tables <c>jobs.job</c> and <c>jobs.state</c>.</summary>
internal sealed class RunTable(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Runs that are remembered of each job.</summary>
    public const int Kept = 200;

    private const string Columns = """
        r.id as "Id", r.job as "Job", r.only_if_needed as "OnlyIfNeeded", j.statename as "State", s.reason as "Reason",
        j.createdat::timestamptz as "RequestedAt", r.started_at as "StartedAt", r.ended_at as "EndedAt", r.host as "Host",
        r.progress as "Progress", r.share as "Share", s.data::text as "StateData"
        """;

    private const string Source =
        "jobs.run r join jobs.job j on j.id = r.id left join jobs.state s on s.id = j.stateid";

    /// <summary>A run was asked for, for the first time or again after it had ended.</summary>
    public void Ask(long run, string job, bool onlyIfNeeded)
    {
        using NpgsqlConnection connection = database.OpenConnection();
        connection.Execute(
            """
            insert into jobs.run (id, job, requested, only_if_needed) values (@run, @job, nextval('jobs.moment'), @onlyIfNeeded)
            on conflict (id) do update set requested = excluded.requested, held = 0, ended_at = null;
            delete from jobs.run where job = @job and id <= (select id from jobs.run where job = @job order by id desc offset @Kept limit 1)
            """,
            new
            {
                run,
                job,
                onlyIfNeeded,
                Kept,
            }
        );
    }

    /// <summary>A run that has yet to begin and will do what a new request asks for; null when there is none.</summary>
    /// <param name="job">The job.</param>
    /// <param name="onlyIfNeeded">Whether the new request may be served by a run that ends without doing anything when there is nothing to do.</param>
    /// <param name="besides">A run to leave out.</param>
    public WaitingRun? FindWaiting(string job, bool onlyIfNeeded, long besides)
    {
        using NpgsqlConnection connection = database.OpenConnection();
        return connection.QueryFirstOrDefault<WaitingRun>(
            """
            select r.id as "Id", j.statename as "State", r.held as "Held"
            from jobs.run r join jobs.job j on j.id = r.id
            where r.job = @job and r.id <> @besides and j.statename in ('Enqueued', 'Scheduled') and (@onlyIfNeeded or not r.only_if_needed)
            order by r.id limit 1
            """,
            new
            {
                job,
                onlyIfNeeded,
                besides,
            }
        );
    }

    /// <summary>The oldest run that was postponed until another one of its job has ended; null when there is none.</summary>
    public async Task<long?> FindHeldAsync(string job)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync();
        return await connection.QueryFirstOrDefaultAsync<long?>(
            """
            select r.id from jobs.run r join jobs.job j on j.id = r.id
            where r.job = @job and r.held > 0 and j.statename = 'Scheduled' order by r.id limit 1
            """,
            new { job }
        );
    }

    /// <summary>Records that a run begins on this host.</summary>
    public async Task BeginAsync(long run, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                "update jobs.run set held = 0, host = @ThisHost, started_at = @now, ended_at = null, progress = null, share = null where id = @run",
                new
                {
                    run,
                    JobRun.ThisHost,
                    now = time.GetUtcNow().UtcDateTime,
                },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>Counts that a run was postponed.</summary>
    /// <returns>How often, since it was requested.</returns>
    public async Task<int> HoldAsync(long run, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<int>(
            new CommandDefinition(
                "update jobs.run set held = held + 1 where id = @run returning held",
                new { run },
                cancellationToken: cancellationToken
            )
        );
    }

    public async Task ReportAsync(long run, string progress, double? share, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                "update jobs.run set progress = @progress, share = @share where id = @run",
                new
                {
                    run,
                    progress,
                    share,
                },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>Records that a run has ended on this host. Not cancellable: it is written even while the host stops.</summary>
    public async Task EndAsync(long run)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "update jobs.run set ended_at = @now where id = @run",
            new { run, now = time.GetUtcNow().UtcDateTime }
        );
    }

    /// <summary>Runs of a job below a number, newest first.</summary>
    public async Task<IReadOnlyList<RunRow>> ListAsync(
        string job,
        long before,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<RunRow> rows = await connection.QueryAsync<RunRow>(
            new CommandDefinition(
                $"select {Columns} from {Source} where r.job = @job and r.id < @before order by r.id desc limit @limit",
                new
                {
                    job,
                    before,
                    limit,
                },
                cancellationToken: cancellationToken
            )
        );
        return rows.AsList();
    }

    /// <summary>The newest run of each job; one that was not needed, since another waited already, only where there is no other.</summary>
    public Task<IReadOnlyList<RunRow>> NewestAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<RunRow>(
            $"""
            select distinct on (r.job) {Columns} from {Source}
            order by r.job, j.statename = 'Deleted' and r.started_at is null, r.id desc
            """,
            null,
            cancellationToken
        );

    /// <summary>Of each job the run that ended last, of those that began: one that waits, or is under way, says nothing of how the job fares.</summary>
    public Task<IReadOnlyList<RunRow>> LastEndedAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<RunRow>(
            $"""
            select distinct on (r.job) {Columns} from {Source}
            where j.statename in ('Succeeded', 'Failed') or (j.statename = 'Deleted' and r.started_at is not null)
            order by r.job, r.ended_at desc nulls last, r.id desc
            """,
            null,
            cancellationToken
        );

    public async Task<RunRow?> FindAsync(string job, long run, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<RunRow>(
            new CommandDefinition(
                $"select {Columns} from {Source} where r.job = @job and r.id = @run",
                new { job, run },
                cancellationToken: cancellationToken
            )
        );
    }

    /// <summary>A run's progress; null when none was reported.</summary>
    public RunProgress? FindProgress(long run)
    {
        using NpgsqlConnection connection = database.OpenConnection();
        return connection.QuerySingleOrDefault<RunProgress>(
            """select progress as "Progress", share as "Share" from jobs.run where id = @run and progress is not null""",
            new { run }
        );
    }
}

/// <summary>A run that has yet to begin.</summary>
/// <param name="Id">Its number.</param>
/// <param name="State">Hangfire's state.</param>
/// <param name="Held">How often it was postponed for another run; 0 for one that waits for a retry or for a worker.</param>
internal sealed record WaitingRun(long Id, string State, int Held);

/// <summary>A run's progress.</summary>
internal sealed record RunProgress(string Progress, double? Share);

/// <summary>A run with its state.</summary>
internal sealed record RunRow
{
    public required long Id { get; init; }

    public required string Job { get; init; }

    public required bool OnlyIfNeeded { get; init; }

    /// <summary>Hangfire's state; null for a moment after the run was made.</summary>
    public string? State { get; init; }

    public string? Reason { get; init; }

    public required DateTime RequestedAt { get; init; }

    public DateTime? StartedAt { get; init; }

    public DateTime? EndedAt { get; init; }

    public string? Host { get; init; }

    public string? Progress { get; init; }

    public double? Share { get; init; }

    /// <summary>What Hangfire keeps of the state: a JSON object of strings.</summary>
    public string? StateData { get; init; }
}
