using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation.KeepInvalidEvents;
using Fecom.Validation.ValidateEvents;
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
        services.AddOptions<ValidationRules>().Bind(builder.Configuration.GetSection("Validation")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ValidationRules>, ValidationRulesValidator>();
        services.AddSingleton<RawEventValidator>();
        services.AddKeyedSingleton<EventSorter>(Topics.RawUserBehavior);
        services.AddKeyedSingleton<EventSorter>(Topics.PostgresEvents);
        services.AddMetrics();
        services.AddSingleton<SkippedChanges>();
        services.AddTopicEndpoint<RawMessage, ValidateEventsConsumer>(
            new()
            {
                Name = "validation",
                Topic = Topics.RawUserBehavior,
                Partitions = Topics.EventPartitions,
                Produces = [Topics.ValidatedUserBehavior, Topics.InvalidUserBehavior],
            },
            new RawFormat()
        );
        services.AddTopicEndpoint<RawMessage, ValidateChangesConsumer>(
            new()
            {
                Name = "validation-of-changes",
                Topic = Topics.PostgresEvents,
                Partitions = Topics.EventPartitions,
                Produces = [Topics.ValidatedUserBehavior, Topics.InvalidUserBehavior],
            },
            new RawFormat()
        );
        services.AddTopicEndpoint<InvalidEvent, KeepInvalidEventsConsumer>(
            new()
            {
                Name = "invalid-events",
                Topic = Topics.InvalidUserBehavior,
                Partitions = Topics.EventPartitions,
            },
            sinkSchema: Schema
        );
        return builder;
    }
}
