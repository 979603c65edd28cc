using Fecom.Contracts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Warehouse.BuildGold;
using Fecom.Warehouse.BuildSilver;
using Fecom.Warehouse.ForgetEvents;
using Fecom.Warehouse.ListTables;
using Fecom.Warehouse.LoadBronze;
using Fecom.Warehouse.LoadWarehouse;
using Fecom.Warehouse.Slices;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse;

/// <summary>Keeps every validated event, in layers from bronze up.</summary>
public static class WarehouseModule
{
    private const string BronzeSchema = "bronze";

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddWarehouse(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddMigrations(BronzeSchema, typeof(WarehouseModule).Assembly);
        services.AddOptions<WarehouseOptions>().BindConfiguration("Warehouse").ValidateOnStart();
        services.AddSingleton<IValidateOptions<WarehouseOptions>, WarehouseOptionsValidator>();
        services.AddSingleton<DayPartitions>();
        services.AddSingleton<OldDays>();
        services.AddJob<ForgetEventsJob>(
            new()
            {
                Name = ForgetEventsJob.Name,
                Description =
                    "Drops the days of bronze whose events were all received longer ago than Warehouse:KeepDays.",
                DefaultCron = "40 4 * * *",
                Retries = 3,
            }
        );
        services.AddTopicEndpoint<BehaviorEvent, LoadBronzeConsumer>(
            new()
            {
                Name = "bronze",
                Topic = Topics.ValidatedUserBehavior,
                Partitions = Topics.EventPartitions,
                BatchSize = 10_000,
                BatchInterval = TimeSpan.FromMilliseconds(200),
            },
            new SourcedFormat<BehaviorEvent>(BehaviorEventJson.Read),
            isSink: true
        );
        services.AddSingleton<SlicePlanner>();
        services.AddSingleton<SilverStep>();
        services.AddSingleton<GoldStep>();
        services.AddSingleton<WarehouseChain>();
        services.AddJob<LoadWarehouseJob>(
            new()
            {
                Name = LoadWarehouseJob.Name,
                Description =
                    "Brings what is new in bronze to silver and gold, past the quality rules between them; what fails one stays where it is.",
                Queue = JobQueues.Etl,
                DefaultCron = "*/5 * * * *",
            }
        );
        services.AddHealthChecks().AddCheck<WarehouseHealthCheck>("warehouse");
        services.AddSingleton<WarehouseTables>();
        return builder;
    }

    /// <summary>Maps the module's calls.</summary>
    public static IEndpointRouteBuilder MapWarehouse(this IEndpointRouteBuilder routes)
    {
        routes.MapTables();
        return routes;
    }
}
