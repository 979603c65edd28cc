using Fecom.Platform.Jobs;
using Fecom.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.PublishGold;

internal static class CloudRegistration
{
    public static IServiceCollection AddCloudWarehouse(this IServiceCollection services, IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(CloudOptions.Section);
        services.AddSettings<CloudOptions>(CloudOptions.Section);
        services.AddSingleton<IValidateOptions<CloudOptions>, CloudOptionsValidator>();
        services.AddSingleton<CloudChanges>();
        services.AddSingleton<CloudStatus>();
        services.AddSingleton<CloudPublisher>();
        string? provider = section[nameof(CloudOptions.Provider)];
        bool isOn = provider is "postgres" or "stage";
        if (isOn)
        {
            services.AddHealthChecks().AddCheck<CloudHealthCheck>("cloud_warehouse");
        }

        if (provider == "postgres")
        {
            services.AddSingleton<ICloudTarget, PostgresTarget>();
        }
        else if (provider == "stage")
        {
            services.AddSingleton<ICloudTarget, StageTarget>();
        }

        return services.AddJob<PublishGoldJob>(
            new()
            {
                Name = PublishGoldJob.Name,
                Description =
                    "Publishes what changed in gold to the cloud warehouse that CloudWarehouse:Provider names; load_warehouse starts it when it has promoted something.",
                Queue = JobQueues.Etl,
                // Without a target a run ends what a former one needs.
                DefaultCron = isOn ? "4-59/5 * * * *" : "50 4 * * *",
            }
        );
    }
}
