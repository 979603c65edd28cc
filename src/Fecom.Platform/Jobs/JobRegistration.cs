using Fecom.Platform.Jobs.Dashboard;
using Fecom.Platform.Settings;
using Fecom.Platform.Telemetry;
using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>Registers jobs (by modules) and the scheduler that runs them (by the host, after the modules).</summary>
public static class JobRegistration
{
    /// <summary>Time between two heartbeats of a Hangfire server.</summary>
    internal static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Adds a job.</summary>
    public static IServiceCollection AddJob<TJob>(this IServiceCollection services, JobDefinition definition)
        where TJob : class, IJob
    {
        services.AddSingleton(definition);
        return services.AddKeyedTransient<IJob, TJob>(definition.Name);
    }

    /// <summary>Adds Hangfire over PostgreSQL, schema <c>jobs</c>, with workers for each queue. Comes after the modules.</summary>
    public static IServiceCollection AddJobScheduler(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<JobOptions>("Jobs");
        services.AddSingleton<IValidateOptions<JobOptions>, JobOptionsValidator>();
        services.AddSingleton<IValidateOptions<JobOptions>, JobSettingsValidator>();
        services.AddSingleton<RunTable>();
        services.AddInstruments<JobMetrics>();
        services.AddSingleton<JobLocks>();
        services.AddSingleton<JobsUnderWay>();
        services.AddSingleton<JobSchedules>();
        services.AddSingleton<JobStore>();
        services.AddSingleton(provider => new JobStarter(
            provider.GetServices<JobDefinition>(),
            provider.GetRequiredService<IBackgroundJobClient>(),
            provider.GetRequiredService<RunTable>()
        ));
        // Otherwise Hangfire would use its static properties, which all hosts of the process share.
        services.AddSingleton<IJobFilterProvider, RunFilters>();
        services.AddSingleton<JobActivator, AspNetCoreJobActivator>();
        services.AddSingleton<JobStorage>(provider =>
        {
            provider.GetRequiredService<IGlobalConfiguration>();
            return JobStore.Open(
                provider.GetRequiredService<NpgsqlDataSource>(),
                provider.GetRequiredService<IOptions<JobOptions>>()
            );
        });
        services.AddHangfire(
            (provider, hangfire) =>
                hangfire
                    .UseLogProvider(new HangfireLogs(provider.GetRequiredService<ILoggerFactory>()))
                    .SetDataCompatibilityLevel(CompatibilityLevel.Version_180)
                    .UseSimpleAssemblyNameTypeSerializer()
                    .UseRecommendedSerializerSettings()
                    .UseProgressPart()
        );
        // The dashboard's forms carry an antiforgery token.
        services.AddAntiforgery();
        services.AddHealthChecks().AddCheck<JobHealthCheck>("jobs");
        SettingsCheck.Check(configuration, new SettingsSection("Jobs", typeof(JobOptions)));
        JobOptions options = configuration.GetSection("Jobs").Get<JobOptions>() ?? new JobOptions();
        // The first server also enqueues scheduled runs, watches heartbeats, and deletes expired rows.
        foreach (string queue in Queues(options))
        {
            AddServer(services, queue, options);
        }

        return services;
    }

    /// <summary>The queues that this host works on.</summary>
    internal static IEnumerable<string> Queues(JobOptions options) =>
        ((string[])[JobQueues.Default, JobQueues.Etl, JobQueues.Training, JobQueues.Tuning]).Where(queue =>
            Workers(options, queue) > 0
        );

    /// <summary>What this host's workers of a queue are called; Hangfire adds the process id and a number of its own.</summary>
    internal static string ServerName(string queue) => $"{Environment.MachineName}:{queue}";

    private static int Workers(JobOptions options, string queue) =>
        queue switch
        {
            JobQueues.Etl => options.EtlWorkers,
            JobQueues.Training => options.TrainingWorkers,
            JobQueues.Tuning => options.TuningWorkers,
            _ => options.DefaultWorkers,
        };

    private static void AddServer(IServiceCollection services, string queue, JobOptions options) =>
        services.AddHangfireServer(server =>
        {
            server.ServerName = ServerName(queue);
            server.Queues = [queue];
            server.WorkerCount = Workers(options, queue);
            server.IsLightweightServer = queue != JobQueues.Default;
            server.HeartbeatInterval = Heartbeat;
            server.SchedulePollingInterval = TimeSpan.FromSeconds(options.ScheduleSeconds);
            server.CancellationCheckInterval = TimeSpan.FromSeconds(2);
            server.ShutdownTimeout = TimeSpan.FromSeconds(15);
        });
}
