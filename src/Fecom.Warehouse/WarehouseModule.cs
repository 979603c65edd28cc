using Fecom.Contracts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Requests;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Fecom.Warehouse.BuildGold;
using Fecom.Warehouse.BuildSilver;
using Fecom.Warehouse.BuildTables;
using Fecom.Warehouse.CountFeedback;
using Fecom.Warehouse.DeleteUsers;
using Fecom.Warehouse.ForgetEvents;
using Fecom.Warehouse.Lake;
using Fecom.Warehouse.ListTables;
using Fecom.Warehouse.LoadBronze;
using Fecom.Warehouse.LoadChanges;
using Fecom.Warehouse.LoadWarehouse;
using Fecom.Warehouse.PublishGold;
using Fecom.Warehouse.QueryGold;
using Fecom.Warehouse.ReplayLake;
using Fecom.Warehouse.ShowKpis;
using Fecom.Warehouse.Slices;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse;

/// <summary>Keeps every validated event and every change of the Fecom tables, in layers from bronze up.</summary>
public static class WarehouseModule
{
    private const string BronzeSchema = "bronze";

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddWarehouse(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddMigrations(BronzeSchema, typeof(WarehouseModule).Assembly);
        services.AddSettings<WarehouseOptions>("Warehouse");
        services.AddSingleton<IValidateOptions<WarehouseOptions>, WarehouseOptionsValidator>();
        services.AddSingleton<DayPartitions>();
        services.AddSingleton<OldDays>();
        services.AddSingleton<OldMonths>();
        services.AddJob<ForgetEventsJob>(
            new()
            {
                Name = ForgetEventsJob.Name,
                Description =
                    "Drops the days of bronze whose events, and the months whose changes of tables, were all received longer ago than Warehouse:KeepDays.",
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
                BatchInterval = TimeSpan.FromMilliseconds(400),
                FetchWait = TimeSpan.FromMilliseconds(200),
            },
            new SourcedFormat<BehaviorEvent>(BehaviorEventJson.Read),
            isSink: true
        );
        services.AddTopicEndpoint<RecommendationFeedback, CountFeedbackConsumer>(
            new()
            {
                Name = "feedback",
                Topic = Topics.Feedback,
                BatchInterval = TimeSpan.FromMilliseconds(500),
            },
            isSink: true
        );
        services.AddSingleton<KpiTable>();
        services.AddTableChanges();
        services.AddSingleton<TableStep>();
        services.AddSingleton<GoldPiece>();
        services.AddSingleton<TableChain>();
        services.AddSingleton<SlicePlanner>();
        services.AddSingleton<SilverStep>();
        services.AddSingleton<GoldStep>();
        services.AddSingleton<WarehouseChain>();
        services.AddJob<LoadWarehouseJob>(
            new()
            {
                Name = LoadWarehouseJob.Name,
                Description =
                    "Brings what is new in bronze, events and changes of tables, to silver and gold, past the quality rules between them; what fails one stays where it is.",
                Queue = JobQueues.Etl,
                DefaultCron = "*/5 * * * *",
            }
        );
        services.AddHealthChecks().AddCheck<WarehouseHealthCheck>("warehouse");
        services.AddSingleton<WarehouseTables>();
        services.AddSettings<QueryOptions>("Warehouse:Query");
        services.AddSingleton<IValidateOptions<QueryOptions>, QueryOptionsValidator>();
        services.AddSingleton<QueryLogin>();
        services.AddSingleton<QueryTurns>();
        services.AddSingleton<GoldQuery>();
        services.AddLakeStore();
        services.AddSingleton<LakeWriterClaim>();
        services.AddSingleton<LakeWriter>();
        services.AddSingleton<LakeCompactor>();
        services.AddSingleton<LakeReplay>();
        services.AddJob<WriteLakeJob>(
            new()
            {
                Name = WriteLakeJob.Name,
                Description = "Writes what is new in bronze to the lake as Parquet, and merges small files of an hour.",
                Queue = JobQueues.Etl,
                DefaultCron = "2-59/5 * * * *",
            }
        );
        services.AddHealthChecks().AddCheck<LakeHealthCheck>("lake");
        services.AddCloudWarehouse(builder.Configuration);
        services.AddSingleton<UserDeletions>();
        services.AddSingleton<TierRows>();
        services.AddSingleton<LakeUsers>();
        services.AddJob<DeleteUsersJob>(
            new()
            {
                Name = DeleteUsersJob.Name,
                Description =
                    "Deletes from every store the users whose deletion was asked for at POST /api/v1/user-deletions.",
                Queue = JobQueues.Etl,
                DefaultCron = "7,37 * * * *",
                Retries = 3,
            }
        );
        return builder;
    }

    /// <summary>Maps the module's calls.</summary>
    public static IEndpointRouteBuilder MapWarehouse(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder warehouse = routes.MapApi("warehouse", "Warehouse", "warehouse");
        warehouse.MapTables();
        warehouse.MapCloud();
        warehouse.MapQuery();
        routes.MapUserDeletions();
        routes.MapKpis();
        return routes;
    }

    /// <summary>Puts back into bronze what the lake has of a time and bronze has not.</summary>
    /// <param name="configuration">The host's settings.</param>
    /// <param name="from">First event time, UTC.</param>
    /// <param name="to">End of event times, UTC; not among them.</param>
    /// <param name="report">Gets a line an hour.</param>
    /// <param name="cancellationToken">Stops; hours that are done stay.</param>
    /// <exception cref="IOException">The lake or PostgreSQL does not do what it is asked; the message says why.</exception>
    public static Task ReplayLakeAsync(
        IConfiguration configuration,
        DateTime from,
        DateTime to,
        TextWriter report,
        CancellationToken cancellationToken
    ) => ReplayTool.RunAsync(configuration, from, to, report, cancellationToken);
}
