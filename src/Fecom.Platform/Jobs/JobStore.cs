using Dapper;
using Fecom.Platform.Hosts;
using Hangfire;
using Hangfire.Common;
using Hangfire.PostgreSql;
using Hangfire.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>Hangfire's tables in schema <c>jobs</c>, and the schedule in them.</summary>
internal sealed class JobStore(
    NpgsqlDataSource database,
    JobStorage storage,
    IRecurringJobManager recurring,
    IEnumerable<JobDefinition> jobs,
    IConfiguration configuration
)
{
    public const string Schema = "jobs";

    /// <summary>A schedule with no date (31 February): Hangfire lists the job, and it runs on demand only.</summary>
    private const string Never = "0 0 31 2 *";

    /// <summary>Hosts that start together install one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d05;

    /// <summary>Makes the tables and writes the schedule that the settings say.</summary>
    /// <exception cref="StartException">A schedule cannot be read; the message names its setting.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection turn = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await turn.BeginTransactionAsync(cancellationToken);
        await turn.ExecuteAsync(
            new CommandDefinition(
                "select pg_advisory_xact_lock(@LockKey)",
                new { LockKey },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await using (NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken))
        {
            PostgreSqlObjectsInstaller.Install(connection, Schema);
        }

        WriteSchedule();
    }

    public static IReadOnlyList<RecurringJobDto> ReadSchedule(JobStorage storage)
    {
        using IStorageConnection connection = storage.GetConnection();
        return connection.GetRecurringJobs();
    }

    /// <summary>The storage that a host's services share.</summary>
    public static PostgreSqlStorage Open(NpgsqlDataSource database, IOptions<JobOptions> options) =>
        new(
            new Connections(database),
            new PostgreSqlStorageOptions
            {
                SchemaName = Schema,
                PrepareSchemaIfNecessary = false,
                // Each waiting worker would hold a connection of its own, made outside of the data source.
                EnableLongPolling = false,
                QueuePollInterval = TimeSpan.FromSeconds(options.Value.PollSeconds),
                UseSlidingInvisibilityTimeout = true,
                InvisibilityTimeout = TimeSpan.FromSeconds(options.Value.TakeoverSeconds),
                // Hangfire's locks are rows, which a killed host leaves behind. None is held for longer than a few statements, so they may expire soon.
                DistributedLockTimeout = TimeSpan.FromSeconds(options.Value.TakeoverSeconds),
            }
        )
        {
            JobExpirationTimeout = TimeSpan.FromDays(options.Value.KeepDays),
        };

    private void WriteSchedule()
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (JobDefinition job in jobs)
        {
            known.Add(job.Name);
            string setting = $"Jobs:{job.Name}:Cron";
            string cron = configuration[setting] ?? job.DefaultCron;
            try
            {
                recurring.AddOrUpdate(
                    job.Name,
                    Job.FromExpression<JobRunner>(
                        runner => runner.RunAsync(job.Name, false, null!, CancellationToken.None),
                        job.Queue
                    ),
                    string.IsNullOrWhiteSpace(cron) ? Never : cron.Trim(),
                    new RecurringJobOptions()
                );
            }
            catch (ArgumentException e)
            {
                throw new StartException(
                    $"{setting} is '{cron}', which is no cron expression. It has five fields in UTC: minute, hour, day, month, weekday; '0 3 * * *' is every night at three. Empty switches the job off.",
                    e
                );
            }
        }

        foreach (RecurringJobDto former in ReadSchedule(storage).Where(job => !known.Contains(job.Id)))
        {
            recurring.RemoveIfExists(former.Id);
        }
    }

    /// <summary>A stored schedule as the API shows it: null for <see cref="Never"/>.</summary>
    internal static string? Shown(string? cron) => cron is null or Never ? null : cron;

    private sealed class Connections(NpgsqlDataSource database) : IConnectionFactory
    {
        public NpgsqlConnection GetOrCreateConnection() => database.CreateConnection();
    }
}
