using Fecom.Contracts;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Requests;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Fecom.Validation.AlertInvalidShare;
using Fecom.Validation.BrowseInvalidEvents;
using Fecom.Validation.DeleteUsers;
using Fecom.Validation.FollowChanges;
using Fecom.Validation.ForgetInvalidEvents;
using Fecom.Validation.IndexInvalidEvents;
using Fecom.Validation.KeepInvalidEvents;
using Fecom.Validation.PublishSchemas;
using Fecom.Validation.ReadAvro;
using Fecom.Validation.ResendInvalidEvents;
using Fecom.Validation.ValidateEvents;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Validation;

/// <summary>Checks raw events: each goes to the validated or to the invalid topic, and the invalid ones are kept.</summary>
public static class ValidationModule
{
    private const string Schema = "validation";

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddValidation(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddMigrations(Schema, typeof(ValidationModule).Assembly);
        services.AddSettings<ValidationRules>("Validation");
        services.AddSingleton<IValidateOptions<ValidationRules>, ValidationRulesValidator>();
        services.AddSingleton<RawEventValidator>();
        services.AddSingleton<EventCheck>();
        services.AddKeyedSingleton<EventSorter>(Topics.RawUserBehavior);
        services.AddKeyedSingleton<EventSorter>(Topics.PostgresEvents);
        builder.AddChanges();
        services.AddAvro();
        services.AddMetrics();
        services.AddSingleton<SkippedChanges>();
        services.AddSingleton<SeenEventIds>();
        services.AddSingleton<EventForwarding>();
        services.AddTopic(Topics.Visits, partitions: 1);
        services.AddTopicEndpoint<RawMessage, ValidateEventsConsumer>(
            new()
            {
                Name = "validation",
                Topic = Topics.RawUserBehavior,
                Partitions = Topics.EventPartitions,
                Produces = EventForwarding.Outcomes,
            },
            new RawFormat()
        );
        services.AddTopicEndpoint<RawMessage, ValidateChangesConsumer>(
            new()
            {
                Name = "validation-of-changes",
                Topic = Topics.PostgresEvents,
                Partitions = Topics.EventPartitions,
                BatchInterval = TimeSpan.FromMilliseconds(80),
                Produces = EventForwarding.Outcomes,
            },
            new RawFormat(keepsHeaders: true)
        );
        services.AddTopicEndpoint<InvalidEvent, KeepInvalidEventsConsumer>(
            new()
            {
                Name = "invalid-events",
                Topic = Topics.InvalidUserBehavior,
                Partitions = Topics.EventPartitions,
                BatchInterval = TimeSpan.FromMilliseconds(200),
            },
            isSink: true
        );
        services.AddSingleton<EventSchemas>();
        if (builder.Configuration.GetValue<bool>("SchemaRegistry:Register"))
        {
            services.AddHostedService<RegisterSchemaService>();
        }

        services.AddHosts();
        builder.AddInvalidEvents();
        builder.AddElasticsearch();
        builder.AddAlert();
        return builder;
    }

    /// <summary>Maps the module's calls.</summary>
    public static IEndpointRouteBuilder MapValidation(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder invalidEvents = routes.MapApi("invalid-events", "Invalid events", "invalid_events");
        invalidEvents.MapBrowse();
        invalidEvents.MapResend();
        invalidEvents.MapReindex();
        routes.MapSchemas();
        return routes;
    }

    /// <summary>Each sorter has its own instances of these, because they hold the state of one batch.</summary>
    private static void AddChanges(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services
            .AddOptions<ChangeOptions>()
            .Configure<IConfiguration>(
                (options, configuration) => options.Table = configuration["Ingestion:Capture:Table"] ?? options.Table
            );
        services.AddSettings<ChangeOptions>("Ingestion:Changes");
        services.AddSingleton<IValidateOptions<ChangeOptions>, ChangeOptionsValidator>();
        services.AddTransient<RowIdentity>();
        services.AddTransient<FeedTally>();
        services.AddSingleton<CapturedRows>();
        services.AddSingleton<ChangeFeeds>();
        services.AddSingleton<IChangeFeeds>(provider => provider.GetRequiredService<ChangeFeeds>());
    }

    private static void AddInvalidEvents(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSettings<InvalidEventOptions>("Validation:InvalidEvents");
        services.AddSingleton<IValidateOptions<InvalidEventOptions>, InvalidEventOptionsValidator>();
        services.AddSingleton<InvalidEventTable>();
        services.AddSingleton<IUserRecords, UsersInvalidEvents>();
        services.AddSingleton<CountTable>();
        services.AddSingleton<ResendRequests>();
        services.AddSingleton<InvalidEventsToResend>();
        services.AddHostedService<ResendService>();
        services.AddSingleton<Retention>();
        services.AddJob<ForgetInvalidEventsJob>(
            new()
            {
                Name = ForgetInvalidEventsJob.Name,
                Description =
                    "Forgets invalid events, and their counts, that were kept for Validation:InvalidEvents:KeepDays.",
                DefaultCron = "20 3 * * *",
                Retries = 3,
            }
        );
        services.AddJob<ForgetEventIdsJob>(
            new()
            {
                Name = ForgetEventIdsJob.Name,
                Description = "Forgets clients' event ids that were kept for Validation:EventIdDays.",
                DefaultCron = "40 3 * * *",
                Retries = 3,
            }
        );
    }
}
