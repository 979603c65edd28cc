using Fecom.Platform.Retries;
using Fecom.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.AlertInvalidShare;

internal static class AlertRegistration
{
    public static void AddAlert(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSettings<AlertOptions>("Validation:Alert");
        services.AddSingleton<IValidateOptions<AlertOptions>, AlertOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<ValidationMetrics>();
        services.AddSingleton<RecentCounts>();
        services.AddSingleton<AlertTable>();
        services
            .AddHttpClient<AlertWebhook>()
            .AddAttempts(
                provider => TimeSpan.FromSeconds(Options(provider).WebhookTimeoutSeconds),
                provider => Options(provider).WebhookWaits
            );
        services.AddHostedService<CountReporter>();
        services.AddHostedService<AlertService>();
    }

    private static AlertOptions Options(IServiceProvider services) =>
        services.GetRequiredService<IOptions<AlertOptions>>().Value;
}
