using Fecom.Contracts;
using Fecom.Features.CompareFeatures;
using Fecom.Features.DeleteUsers;
using Fecom.Features.ExportFeatures;
using Fecom.Features.ForgetSessions;
using Fecom.Features.MaterializeFeatures;
using Fecom.Features.ServeOnlineFeatures;
using Fecom.Features.StreamFeatures;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Features;

/// <summary>Keeps the feature views fresh: the newest states in PostgreSQL, and online in Redis, from where it serves them.</summary>
public static class FeaturesModule
{
    private const string Schema = "features";

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddFeatures(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddMigrations(Schema, typeof(FeaturesModule).Assembly);
        services.AddSingleton<StreamState>();
        services.AddSingleton<Materialization>();
        services.AddSingleton<OnlineStoreWriter>();
        services.AddSingleton<MissingStates>();
        services.AddSingleton<OnlineStoreState>();
        services.AddHostedService<OnlineStoreKeeper>();
        services.AddSingleton<IUserRecords, UserStates>();
        services.AddHealthChecks().AddCheck<OnlineStoreHealthCheck>("online_store");
        services.AddSettings<SessionOptions>("Features:Sessions");
        services.AddSingleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>();
        services.AddSettings<ProductOptions>("Features:Products");
        services.AddSingleton<IValidateOptions<ProductOptions>, ProductOptionsValidator>();
        services.AddJob<ForgetSessionsJob>(
            new()
            {
                Name = ForgetSessionsJob.Name,
                Description =
                    "Forgets sessions without events for Features:Sessions:KeepDays, and users, products, categories and brands for Features:Products:KeepDays.",
                DefaultCron = "10 4 * * *",
                Retries = 3,
            }
        );
        services.AddJob<MaterializeFeaturesJob>(
            new()
            {
                Name = MaterializeFeaturesJob.Name,
                Description =
                    "Builds the features of every view anew from the events of bronze, while their stream goes on; the online store follows.",
            }
        );
        services.AddFeatureExport();
        services.AddSingleton(provider => new EntityHistoryReader(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSettings<ExportOptions>("Features:Export");
        services.AddSingleton<IValidateOptions<ExportOptions>, ExportOptionsValidator>();
        services.AddJob<ExportFeaturesJob>(
            new()
            {
                Name = ExportFeaturesJob.Name,
                Description =
                    "Writes the features that the entities of Features:Export:Entities (CSV) had at their times to Features:Export:Output (CSV or Parquet).",
                Queue = JobQueues.Etl,
            }
        );
        services.AddTopicEndpoint<BehaviorEvent, StreamFeaturesConsumer>(
            new()
            {
                Name = OnlineStoreWriter.Sink,
                Topic = Topics.ValidatedUserBehavior,
                Partitions = Topics.EventPartitions,
                // What a large batch costs less: an entity is written once however many of its events are in it.
                BatchSize = 40_000,
                BatchInterval = TimeSpan.FromMilliseconds(20),
                FetchWait = TimeSpan.FromMilliseconds(20),
            },
            new SourcedFormat<BehaviorEvent>(BehaviorEventJson.Read),
            isSink: true
        );
        return builder;
    }

    /// <summary>Writes the features that entities had at given times to a file.</summary>
    /// <param name="configuration">The host's settings.</param>
    /// <param name="entities">CSV file with event_time and one or more of user_id, user_session, product_id, category_id, brand.</param>
    /// <param name="output">File to write, .csv or .parquet.</param>
    /// <param name="views">Names of views, separated by commas; all and the cart view when null.</param>
    /// <param name="asOf">Events received later are left out, UTC; now when null.</param>
    /// <param name="report">Takes progress, for a person.</param>
    /// <param name="cancellationToken">Stops; no file is left then.</param>
    /// <returns>What was written, for a person.</returns>
    /// <exception cref="ArgumentException">There is no such view, format or time zone; the message says which there are.</exception>
    /// <exception cref="InvalidDataException">The file of entities is not as it should be; the message names line and fault.</exception>
    /// <exception cref="IOException">A file or PostgreSQL does not do what it is asked; the message says why.</exception>
    public static Task<string> ExportAsync(
        IConfiguration configuration,
        string entities,
        string output,
        string? views,
        DateTime? asOf,
        Action<string> report,
        CancellationToken cancellationToken
    ) =>
        ExportTool.RunAsync(
            configuration,
            new ExportRequest(entities, output, views, asOf ?? TimeProvider.System.GetUtcNow().UtcDateTime),
            report,
            cancellationToken
        );

    /// <summary>Maps the module's HTTP calls.</summary>
    public static IEndpointRouteBuilder MapFeatures(this IEndpointRouteBuilder routes)
    {
        routes.MapOnlineFeatures();
        routes.MapFeatureComparison();
        return routes;
    }
}
