using Fecom.Platform.Hosts;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>Hangfire's tables in schema <c>jobs</c>, and the schedules in them.</summary>
internal sealed class JobStore(NpgsqlDataSource database, JobSchedules schedules)
{
    public const string Schema = "jobs";

    /// <summary>Makes the tables, and has the scheduler go by what is set and by the settings.</summary>
    /// <exception cref="StartException">A schedule cannot be read; the message names its setting.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection turn = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await turn.BeginTransactionAsync(cancellationToken);
        await JobSchedules.TakeTurnAsync(turn, transaction, cancellationToken);
        await using (NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken))
        {
            PostgreSqlObjectsInstaller.Install(connection, Schema);
        }

        await schedules.WriteAllAsync(cancellationToken);
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

    private sealed class Connections(NpgsqlDataSource database) : IConnectionFactory
    {
        public NpgsqlConnection GetOrCreateConnection() => database.CreateConnection();
    }
}
