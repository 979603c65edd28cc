using Fecom.Contracts;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Fecom.Platform.Telemetry;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>Registers endpoints (by modules) and the transport under them (by the host, after the modules).</summary>
public static class MessagingRegistration
{
    /// <summary>Adds an endpoint: <typeparamref name="TConsumer"/> takes the topic's messages in batches.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="definition">Name, topic and how to read it.</param>
    /// <param name="format">Reads the messages; JSON of Contracts when null.</param>
    /// <param name="isSink">Whether the consumer commits its rows with its offsets, and so asks for a <see cref="SinkLedger{TConsumer}"/> under the endpoint's name.</param>
    public static IServiceCollection AddTopicEndpoint<T, TConsumer>(
        this IServiceCollection services,
        TopicEndpointDefinition definition,
        ITopicFormat<T>? format = null,
        bool isSink = false
    )
        where T : class
        where TConsumer : class, IConsumer<TopicBatch<T>>
    {
        services.AddSingleton(definition);
        services.AddTopic(definition.Topic, definition.Partitions);
        if (definition.ResendTopic is { } resend)
        {
            services.AddTopic(resend, partitions: 1);
        }

        services.AddSingleton(new ConsumerRegistration(bus => bus.AddConsumer<TConsumer>()));
        if (isSink)
        {
            services.AddSingleton(provider => new SinkLedger<TConsumer>(
                provider.GetRequiredService<NpgsqlDataSource>(),
                definition.Name,
                provider.GetRequiredService<TimeProvider>()
            ));
        }

        return services.AddSingleton<ITopicEndpoint>(provider => new TopicEndpoint<T, TConsumer>(
            // With the installation's prefix.
            provider.GetRequiredService<EndpointStatuses>().Of(definition).Definition,
            format ?? new JsonTopicFormat<T>(),
            provider.GetService<SinkLedger<TConsumer>>(),
            new EndpointServices(
                provider.GetRequiredService<KafkaCluster>(),
                provider.GetRequiredService<OriginSeal>(),
                provider.GetRequiredService<ConsumerProgress>(),
                provider.GetRequiredService<TopicArrivals>(),
                provider.GetRequiredService<DeadLetterQueue>(),
                provider.GetRequiredService<DeadLetterTable>(),
                provider.GetRequiredService<EndpointStatuses>().Of(definition),
                provider.GetRequiredService<EndpointMetrics>(),
                provider.GetRequiredService<OffsetMoves>(),
                provider.GetRequiredService<OffsetMoveTable>(),
                provider.GetRequiredService<IServiceScopeFactory>(),
                provider.GetRequiredService<ILoggerFactory>(),
                provider.GetRequiredService<TimeProvider>()
            )
        ));
    }

    /// <summary>Adds a topic that is only sent to.</summary>
    public static IServiceCollection AddTopic(this IServiceCollection services, string topic, int partitions) =>
        services.AddSingleton(new TopicDefinition(topic, partitions));

    /// <summary>Adds the transport: MassTransit's consumers, the producer, the barrier and the endpoints' threads. Comes after the modules.</summary>
    public static IServiceCollection AddMessaging(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<KafkaOptions>("Kafka");
        services.AddSingleton<IValidateOptions<KafkaOptions>, KafkaOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<EmbeddedKafkaClaim>();
        services.AddSingleton<SenderPartitions>();
        services.AddSingleton<ClusterTopics>();
        services.AddSingleton<TopicLogs>();
        services.AddSingleton<TopicSettings>();
        services.AddSingleton<KafkaCluster>();
        services.AddSingleton<OriginSeal>();
        services.AddSingleton<ConsumerProgress>();
        services.AddSingleton<TopicArrivals>();
        services.AddSingleton<Backlog>();
        services.AddSingleton<EndpointStatuses>();
        services.AddInstruments<EndpointMetrics>();
        services.AddSingleton<OffsetMoveTable>();
        services.AddSingleton<OffsetMoves>();
        services.AddSingleton<OffsetResolver>();
        services.AddSingleton<LogEnds>();
        services.AddSingleton<RetentionLag>();
        services.AddSingleton<ForeignMembers>();
        services.AddSingleton<GroupOffsets>();
        services.AddSingleton<PipelineState>();
        services.AddSingleton<DeadLetterTable>();
        services.AddSingleton<DeadLetterDeletion>();
        services.AddSingleton<TopicProducer>();
        services.AddHosts();
        services.AddSingleton<DeadLetterQueue>();
        services.AddTransient<PipelineBarrier>();
        services.AddTransient<NamedTopics>();
        services.AddTransient<ITopicProducer>(provider => provider.GetRequiredService<NamedTopics>());
        services.AddTransient<IPipelineBarrier>(provider => provider.GetRequiredService<NamedTopics>());
        services.AddMigrations("platform", typeof(MessagingRegistration).Assembly);
        services.AddDeadLetterEndpoints();
        TopicPrefix.Apply(services, configuration["Kafka:Prefix"] ?? "");
        services.AddHostedService<KafkaStart>();
        services.AddHostedService<ProgressElsewhere>();
        services.AddHostedService<TopicWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<OffsetMoves>());
        services.AddHostedService<ResendDeadLetters>();
        services.AddHostedService<TopicEndpoints>();
        services.AddHostedService<EmbeddedKafkaWatch>();
        services.AddSettings<RetentionOptions>("Retention");
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddSingleton<OldRecords>();
        services.AddJob<ForgetOldRecordsJob>(
            new()
            {
                Name = ForgetOldRecordsJob.Name,
                Description =
                    "Forgets dead letters and moves of offsets after the days of Retention, and sources that cannot come again.",
                DefaultCron = "0 4 * * *",
                Retries = 3,
            }
        );
        services.AddHealthChecks().AddCheck<EndpointHealthCheck>("endpoints").AddCheck<KafkaHealthCheck>("kafka");
        ConsumerRegistration[] consumers =
        [
            .. services
                .Where(service => service.ServiceType == typeof(ConsumerRegistration))
                .Select(service => (ConsumerRegistration)service.ImplementationInstance!),
        ];
        return services.AddMassTransit(bus =>
        {
            foreach (ConsumerRegistration consumer in consumers)
            {
                consumer.Add(bus);
            }

            bus.DisableUsageTelemetry();
            bus.UsingInMemory((_, _) => { });
            bus.AddConfigureEndpointsCallback(
                (_, endpoint) =>
                {
                    endpoint.AddDeserializer(new BatchSerialization(), isDefault: true);
                    endpoint.UseMessageRetry(retry =>
                    {
                        // Outages are retried by the endpoint itself, without a limit.
                        retry.Ignore<Exception>(Outage.Is);
                        retry.Intervals(50, 200);
                    });
                }
            );
        });
    }

    /// <summary>Each topic whose messages can be given up has a dead-letter topic, and an endpoint that keeps its letters.</summary>
    private static void AddDeadLetterEndpoints(this IServiceCollection services)
    {
        string[] topics =
        [
            .. services
                .Select(service => service.ImplementationInstance)
                .OfType<TopicEndpointDefinition>()
                .Where(endpoint => endpoint.DeadLetters)
                .Select(endpoint => endpoint.Topic)
                .Distinct(StringComparer.Ordinal),
        ];
        foreach (string topic in topics)
        {
            services.AddTopicEndpoint<DeadLetter, DeadLetterStore>(
                new()
                {
                    Name = $"dead-letters.{topic}",
                    Reader = "dead-letters",
                    Topic = Topics.DeadLetter(topic),
                    DeadLetters = false,
                    BatchSize = 100,
                    BatchInterval = TimeSpan.FromMilliseconds(500),
                }
            );
        }
    }

    private sealed record ConsumerRegistration(Action<IBusRegistrationConfigurator> Add);
}
