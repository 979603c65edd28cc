using Fecom.Platform.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Quartz;

namespace Fecom.Platform.Jobs;

/// <summary>Registers jobs (by modules) and the scheduler that runs them (by the host, after the modules).</summary>
public static class JobRegistration
{
    private const string Schema = "jobs";

    /// <summary>Adds a job. In a cluster one replica runs it at a time; a run that a crash cut off is run again by another.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Name, unique in the process.</param>
    /// <param name="description">What it does, for a person.</param>
    /// <param name="cron">When it runs by itself: Quartz's cron with seconds, in UTC. Null runs it on demand only.</param>
    public static IServiceCollection AddJob<TJob>(
        this IServiceCollection services,
        string name,
        string description,
        string? cron
    )
        where TJob : class, IJob
    {
        JobDefinition definition = new(name, description, cron);
        services.AddSingleton(definition);
        return services.AddSingleton(new Registration(quartz => Add<TJob>(quartz, definition)));
    }

    /// <summary>Adds Quartz over PostgreSQL, schema <c>jobs</c>: clustered, with the history of every run. Comes after the modules.</summary>
    public static IServiceCollection AddJobScheduler(this IServiceCollection services)
    {
        // The schema is made by our migrations; Quartz's assembly holds no script of ours, and Quartz makes its own tables.
        services.AddMigrations(Schema, typeof(IJob).Assembly);
        services.AddSingleton<System.Data.Common.DbDataSource>(provider => provider.GetRequiredService<NpgsqlDataSource>());
        services.AddSingleton<JobStarter>();
        Registration[] jobs =
        [
            .. services
                .Where(service => service.ServiceType == typeof(Registration))
                .Select(service => (Registration)service.ImplementationInstance!),
        ];
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = "fecom";
                scheduler.GenerateInstanceId = true;
                scheduler.DefaultTimeZone = TimeZoneInfo.Utc;
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            });
            quartz.UsePersistentStore(store =>
            {
                store.ConfigureStore(options => options.TablePrefix = $"{Schema}.qrtz_");
                store.UsePostgres(source => source.UseRegisteredDataSource = true);
                store.ProvisionSchema();
                store.UseClustering();
                store.UseExecutionHistory();
            });
            foreach (Registration job in jobs)
            {
                job.Add(quartz);
            }
        });
        return services.AddQuartzHostedService(host => host.WaitForJobsToComplete = true);
    }

    private static void Add<TJob>(IQuartzBuilder quartz, JobDefinition definition)
        where TJob : class, IJob
    {
        JobKey key = new(definition.Name);
        quartz.AddJob<TJob>(job =>
            job.WithIdentity(key)
                .WithDescription(definition.Description)
                .StoreDurably(true)
                .RequestRecovery(true)
                .DisallowConcurrentExecution(true)
        );
        if (definition.Cron is not null)
        {
            quartz.AddTrigger<TJob>(trigger =>
                trigger.ForJob(key).WithIdentity(definition.Name).WithCronSchedule(definition.Cron, cron => cron.InTimeZone(TimeZoneInfo.Utc))
            );
        }
    }

    private sealed record Registration(Action<IQuartzBuilder> Add);
}
