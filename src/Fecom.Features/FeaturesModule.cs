using Fecom.Contracts;
using Fecom.Features.DeleteUsers;
using Fecom.Features.ForgetSessions;
using Fecom.Features.MaterializeFeatures;
using Fecom.Features.ServeOnlineFeatures;
using Fecom.Features.StreamFeatures;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

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
        services
            .AddOptions<SessionOptions>()
            .Bind(builder.Configuration.GetSection("Features:Sessions"))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>();
        services
            .AddOptions<ProductOptions>()
            .Bind(builder.Configuration.GetSection("Features:Products"))
            .ValidateOnStart();
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
                    "Builds the features of every view anew from the events of bronze, while their stream waits; the online store follows.",
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
                BatchInterval = TimeSpan.FromMilliseconds(40),
                FetchWait = TimeSpan.FromMilliseconds(20),
            },
            new SourcedFormat<BehaviorEvent>(BehaviorEventJson.Read),
            isSink: true
        );
        return builder;
    }

    /// <summary>Maps the module's HTTP calls.</summary>
    public static IEndpointRouteBuilder MapFeatures(this IEndpointRouteBuilder routes)
    {
        routes.MapOnlineFeatures();
        return routes;
    }
}
