using Fecom.Platform.Retries;
using Fecom.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TellMlflow;

internal static class MlflowRegistration
{
    /// <summary>Adds the telling of MLflow, where the settings name one.</summary>
    public static void AddMlflow(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        IConfigurationSection section = builder.Configuration.GetSection(MlflowOptions.Section);
        services.AddSettings<MlflowOptions>(MlflowOptions.Section);
        services.AddSingleton<IValidateOptions<MlflowOptions>, MlflowOptionsValidator>();
        if (string.IsNullOrEmpty(section[nameof(MlflowOptions.TrackingUri)]))
        {
            return;
        }

        // The service retries a call itself, so that health shows at once why it waits.
        services
            .AddHttpClient<MlflowClient>((provider, http) => MlflowClient.Configure(http, Options(provider)))
            .AddAttempts(
                provider => TimeSpan.FromSeconds(Options(provider).TimeoutSeconds),
                provider => Options(provider).Waits,
                repeats: 0
            );
        services.AddSingleton<UntoldRuns>();
        services.AddSingleton<MlflowModels>();
        services.AddSingleton<MlflowRuns>();
        services.AddHostedService<MlflowService>();
        services.AddHealthChecks().AddCheck<MlflowHealthCheck>("mlflow");
    }

    private static MlflowOptions Options(IServiceProvider services) =>
        services.GetRequiredService<IOptions<MlflowOptions>>().Value;
}
