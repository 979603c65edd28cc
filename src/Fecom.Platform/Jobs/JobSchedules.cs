using Cronos;
using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>
/// When jobs run by themselves: as somebody has set it, which is kept in PostgreSQL and holds for every host and after each restart,
/// otherwise as the settings say. The scheduler has a copy, which is written with each change and at each start.
/// </summary>
internal sealed class JobSchedules(
    NpgsqlDataSource database,
    JobStorage storage,
    IRecurringJobManager recurring,
    IEnumerable<JobDefinition> jobs,
    IConfiguration configuration
)
{
    /// <summary>A schedule with no date (31 February): Hangfire lists the job, and it runs on demand only.</summary>
    private const string Never = "0 0 31 2 *";

    /// <summary>A host that starts and a change of a schedule come one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d05;

    private const string Columns = """
        job as "Job", cron as "Cron", enabled as "Enabled", changed_at as "ChangedAt", changed_by as "ChangedBy"
        """;

    private readonly JobDefinition[] _jobs = [.. jobs];

    /// <summary>Waits for the turn of this transaction, which ends with it.</summary>
    public static Task TakeTurnAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        CancellationToken cancellationToken
    ) =>
        connection.ExecuteAsync(
            new CommandDefinition(
                "select pg_advisory_xact_lock(@LockKey)",
                new { LockKey },
                transaction,
                cancellationToken: cancellationToken
            )
        );

    /// <summary>The schedules that somebody has set, by the jobs' names.</summary>
    public async Task<IReadOnlyDictionary<string, ScheduleRow>> ReadAsync(CancellationToken cancellationToken) =>
        (
            await database.QueryAsync<ScheduleRow>(
                $"select {Columns} from jobs.schedule",
                parameters: null,
                cancellationToken
            )
        ).ToDictionary(row => row.Job, StringComparer.Ordinal);

    /// <summary>What the scheduler goes by, by the jobs' names; none for a job that it does not know yet. One statement: Hangfire's own reading has one for each job.</summary>
    public async Task<IReadOnlyDictionary<string, ScheduledJob>> ReadSchedulerAsync(
        CancellationToken cancellationToken
    ) =>
        (
            await database.QueryAsync<(string Job, string? Cron, string? NextRun)>(
                """
                select job, max(value) filter (where field = 'Cron'), max(value) filter (where field = 'NextExecution')
                from unnest(@Names) as asked (job) join jobs.hash on key = 'recurring-job:' || job
                where field in ('Cron', 'NextExecution') group by job
                """,
                new { Names = _jobs.Select(job => job.Name).ToArray() },
                cancellationToken
            )
        ).ToDictionary(
            row => row.Job,
            row => new ScheduledJob(
                row.Cron is Never ? null : row.Cron,
                JobHelper.DeserializeNullableDateTime(row.NextRun)
            ),
            StringComparer.Ordinal
        );

    /// <summary>What the settings say of a job; null when it runs on demand only.</summary>
    public string? DefaultOf(JobDefinition job) =>
        (configuration[SettingOf(job)] ?? job.DefaultCron) is var cron && !string.IsNullOrWhiteSpace(cron)
            ? JobCron.Plain(cron)
            : null;

    /// <summary>Brings the scheduler to what is set and to the settings. Whoever calls has the turn.</summary>
    /// <exception cref="StartException">A schedule cannot be read; the message names its setting.</exception>
    public async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, ScheduleRow> set = await ReadAsync(cancellationToken);
        foreach (JobDefinition job in _jobs)
        {
            ScheduleRow? own = set.GetValueOrDefault(job.Name);
            // The setting is checked even where another schedule holds: it is the one to which the job may go back.
            Check(DefaultOf(job), SettingOf(job));
            Check(own?.Cron, $"The schedule of {job.Name} in the table jobs.schedule");
            Write(job, own);
        }

        using IStorageConnection scheduler = storage.GetConnection();
        foreach (
            RecurringJobDto former in scheduler.GetRecurringJobs().Where(one => _jobs.All(job => job.Name != one.Id))
        )
        {
            recurring.RemoveIfExists(former.Id);
        }
    }

    /// <summary>Sets when a job runs, on every host and for good.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cron">Five fields that were checked; null for what the settings say.</param>
    /// <param name="enabled">Whether it runs by itself.</param>
    /// <param name="by">Who sets it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SetAsync(
        JobDefinition job,
        string? cron,
        bool enabled,
        string by,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await TakeTurnAsync(connection, transaction, cancellationToken);
        ScheduleRow? own = await connection.QuerySingleOrDefaultAsync<ScheduleRow>(
            new CommandDefinition(
                cron is null && enabled
                    ? "delete from jobs.schedule where job = @Name"
                    : $"""
                    insert into jobs.schedule (job, cron, enabled, changed_by) values (@Name, @cron, @enabled, @by)
                    on conflict (job) do update set cron = excluded.cron, enabled = excluded.enabled,
                        changed_by = excluded.changed_by, changed_at = excluded.changed_at
                    returning {Columns}
                    """,
                new
                {
                    job.Name,
                    cron,
                    enabled,
                    by,
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        // From here on both are written, even when the caller goes: the scheduler takes part in no transaction.
        await BlockingCall.RunAsync(
            () =>
            {
                Write(job, own);
                return true;
            },
            CancellationToken.None
        );
        await transaction.CommitAsync(CancellationToken.None);
    }

    private static string SettingOf(JobDefinition job) => $"Jobs:{job.Name}:Cron";

    private string? Effective(JobDefinition job, ScheduleRow? own) =>
        own is null ? DefaultOf(job)
        : own.Enabled ? own.Cron ?? DefaultOf(job)
        : null;

    private static void Check(string? cron, string place)
    {
        try
        {
            _ = cron is null ? null : JobCron.Parse(cron);
        }
        catch (CronFormatException e)
        {
            throw new StartException(
                $"{place} is '{cron}', which is no cron expression. It has five fields in UTC: minute, hour, day, month, weekday; '0 3 * * *' is every night at three. Empty switches the job off.",
                e
            );
        }
    }

    private void Write(JobDefinition job, ScheduleRow? own) =>
        recurring.AddOrUpdate(
            job.Name,
            Job.FromExpression<JobRunner>(
                runner => runner.RunAsync(job.Name, false, null!, CancellationToken.None),
                job.Queue
            ),
            Effective(job, own) ?? Never,
            new RecurringJobOptions()
        );
}

/// <summary>What the scheduler goes by.</summary>
/// <param name="Cron">The schedule; null for a job that does not run by itself.</param>
/// <param name="NextRun">When it runs next, UTC; null when it does not, or before the scheduler has looked at it.</param>
internal sealed record ScheduledJob(string? Cron, DateTime? NextRun);

/// <summary>A schedule that somebody has set.</summary>
internal sealed record ScheduleRow
{
    public required string Job { get; init; }

    public string? Cron { get; init; }

    public required bool Enabled { get; init; }

    public required DateTime ChangedAt { get; init; }

    public required string ChangedBy { get; init; }
}
