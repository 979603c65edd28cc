using Fecom.Platform.Retries;
using Fecom.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

internal static class IndexRegistration
{
    public static void AddElasticsearch(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        IConfigurationSection section = builder.Configuration.GetSection("Elasticsearch");
        services.AddSettings<ElasticsearchOptions>("Elasticsearch");
        services.AddSingleton<IValidateOptions<ElasticsearchOptions>, ElasticsearchOptionsValidator>();
        services.AddSingleton<IndexTable>();
        if (string.IsNullOrEmpty(section[nameof(ElasticsearchOptions.Url)]))
        {
            return;
        }

        // The indexer retries a call itself, so that health shows at once why it waits.
        services
            .AddHttpClient<BulkClient>((provider, http) => BulkClient.Configure(http, Options(provider)))
            .AddAttempts(
                provider => TimeSpan.FromSeconds(Options(provider).TimeoutSeconds),
                provider => Options(provider).Waits,
                repeats: 0
            );
        services.AddSingleton<IndexMapping>();
        services.AddSingleton<InvalidEventIndexer>();
        services.AddSingleton<OldIndices>();
        services.AddHostedService<IndexService>();
        services.AddHealthChecks().AddCheck<ElasticsearchHealthCheck>("elasticsearch");
    }

    private static ElasticsearchOptions Options(IServiceProvider services) =>
        services.GetRequiredService<IOptions<ElasticsearchOptions>>().Value;
}
