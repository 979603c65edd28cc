using Fecom.Contracts;
using Fecom.Ingestion.ChangeFeeds;
using Fecom.Ingestion.EventFiles.ForgetLoads;
using Fecom.Ingestion.EventFiles.LoadEventFiles;
using Fecom.Ingestion.EventFiles.ReadEvents;
using Fecom.Ingestion.EventFiles.ReplayFile;
using Fecom.Ingestion.Generators.GenerateTables;
using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Ingestion.HttpEvents.ForgetClientIds;
using Fecom.Ingestion.HttpEvents.RelayEvents;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Ingestion.OrderTables.DetectChanges;
using Fecom.Ingestion.OrderTables.OrdersAsPurchases;
using Fecom.Ingestion.OrderTables.Shared;
using Fecom.Ingestion.PostgresCapture;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Requests;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion;

/// <summary>Reads behaviour events from files, order tables, a shop's PostgreSQL and HTTP calls, and sends them to the raw topics; sends the tables' changes to topics of their own.</summary>
public static class IngestionModule
{
    private const string Schema = "ingestion";

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddIngestion(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddMigrations(Schema, typeof(IngestionModule).Assembly);
        services.AddTopic(Topics.RawUserBehavior, Topics.EventPartitions);
        services.AddTopic(Topics.LoadCompleted, 1);
        services.AddHosts();
        services.AddSingleton<LoadRuns>();
        services.AddSingleton<FileKinds>();
        services.AddSingleton<InputFolder>();
        builder.AddFiles();
        builder.AddTables();
        builder.AddPurchases();
        builder.AddEvents();
        builder.AddCapture();
        return builder;
    }

    /// <summary>Maps the module's calls.</summary>
    public static IEndpointRouteBuilder MapIngestion(this IEndpointRouteBuilder routes)
    {
        routes.MapEvents();
        RouteGroupBuilder ingestion = routes.MapApi("ingestion", "Ingestion", "ingestion");
        ingestion.MapSources();
        ingestion.MapRuns();
        return routes;
    }

    /// <summary>Makes behaviour events up and writes them as the shop's CSV: see <see cref="GenerateEventsCommand.Run"/>.</summary>
    public static void GenerateEvents(
        long events,
        long seed,
        string output,
        string invalid,
        CancellationToken cancellationToken
    ) => GenerateEventsCommand.Run(events, seed, output, invalid, cancellationToken);

    /// <summary>Makes the eight Fecom tables up and writes them as CSV: see <see cref="GenerateTablesCommand.Run"/>.</summary>
    public static void GenerateTables(long orders, long seed, string folder, CancellationToken cancellationToken) =>
        GenerateTablesCommand.Run(orders, seed, folder, cancellationToken);

    /// <summary>Reads a file's events without a host: see <see cref="FileEvents.Read"/>.</summary>
    public static List<BehaviorEvent> ReadEvents(string file, string name, TextWriter log) =>
        FileEvents.Read(file, name, TimeProvider.System, log);

    /// <summary>Sends a file's events to a host over HTTP: see <see cref="SendFileCommand"/>.</summary>
    /// <param name="file">A file of behaviour events, plain or <c>.gz</c>.</param>
    /// <param name="url">The host.</param>
    /// <param name="rate">Events a second; null for the original time gaps.</param>
    /// <param name="speed">Divides the original gaps, above 0.</param>
    /// <param name="fromLine">The line to begin at.</param>
    /// <param name="news">Gets a line a second.</param>
    /// <param name="cancellationToken">Stops; the last line of output says where to continue.</param>
    /// <returns>Whether the file was sent to its end and something of it was accepted.</returns>
    public static async Task<bool> SendFileAsync(
        string file,
        Uri url,
        double? rate,
        double speed,
        long fromLine,
        TextWriter news,
        CancellationToken cancellationToken
    )
    {
        using HttpClient http = new() { BaseAddress = url, Timeout = TimeSpan.FromSeconds(60) };
        return await new SendFileCommand(http, TimeProvider.System, news).RunAsync(
            new(file, url, rate, speed, fromLine),
            cancellationToken
        );
    }

    private static void AddFiles(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSettings<LoadOptions>("Ingestion:Files");
        services.AddSingleton<IValidateOptions<LoadOptions>, LoadOptionsValidator>();
        services.AddSingleton<FileLoadTable>();
        services.AddSingleton<ActiveLoad>();
        services.AddSingleton<FileSender>();
        services.AddSingleton<FileLoader>();
        services.AddSingleton<FileSources>();
        services.AddSingleton<ISourceCatalog>(provider => provider.GetRequiredService<FileSources>());
        services.AddSingleton<IStartableSources>(provider => provider.GetRequiredService<FileSources>());
        services.AddHostedService<LoadService>();
        services.AddJob<ForgetRunsJob>(
            new()
            {
                Name = ForgetRunsJob.Name,
                Description =
                    "Forgets requested loads that ended 90 days ago, and loads of files that were removed or overwritten Ingestion:Files:ForgetDays ago.",
                DefaultCron = "30 4 * * *",
                Retries = 3,
            }
        );
        services.AddJob<LoadFilesJob>(
            new()
            {
                Name = LoadFilesJob.Name,
                Description = "Loads what is new in the input folder: behaviour files and exports of the Fecom tables.",
                Queue = JobQueues.Etl,
                Retries = 3,
                FormerCronSetting = "Ingestion:Files:Cron",
            }
        );
    }

    private static void AddTables(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        foreach (FecomTable table in FecomTables.All)
        {
            services.AddTopic(Topics.TableChanges(table.Name), Topics.TableChangePartitions);
        }

        services.AddSingleton<TableStates>();
        services.AddSingleton<SnapshotStore>();
        services.AddSingleton<ActiveTable>();
        services.AddSingleton<ChangeSender>();
        services.AddSingleton<TableLoader>();
        services.AddSingleton<TableSources>();
        services.AddSingleton<ISourceCatalog>(provider => provider.GetRequiredService<TableSources>());
        services.AddSingleton<IStartableSources>(provider => provider.GetRequiredService<TableSources>());
        services.AddHostedService<TableService>();
    }

    private static void AddPurchases(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSingleton<PurchaseTable>();
        services.AddSingleton<PurchaseProgress>();
        services.AddSingleton<IRowListener, OrderParts>();
        services.AddSingleton<IUserRecords, BuyersRows>();
        services.AddSingleton<PurchaseSource>();
        services.AddSingleton<ISourceCatalog>(provider => provider.GetRequiredService<PurchaseSource>());
        services.AddSingleton<IStartableSources>(provider => provider.GetRequiredService<PurchaseSource>());
        services.AddHostedService<PurchaseService>();
    }

    private static void AddEvents(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSettings<AcceptOptions>("Ingestion:Events");
        services.AddSingleton<IValidateOptions<AcceptOptions>, AcceptOptionsValidator>();
        services.AddSingleton<OutboxState>();
        services.AddSingleton<OutboxTable>();
        services.AddSingleton<OutboxChunks>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<RelayProgress>();
        services.AddSingleton<ISourceCatalog, ApiSource>();
        services.AddHostedService(provider => provider.GetRequiredService<Outbox>());
        services.AddHostedService<RelayService>();
        services.AddJob<ForgetClientIdsJob>(
            new()
            {
                Name = ForgetClientIdsJob.Name,
                Description =
                    "Forgets the event ids that clients gave to POST /events, once they were kept for Ingestion:Events:ClientIdDays.",
                DefaultCron = "50 3 * * *",
                Retries = 3,
            }
        );
    }

    private static void AddCapture(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddTopic(Topics.PostgresEvents, Topics.EventPartitions);
        services
            .AddOptions<CaptureOptions>()
            .Configure<IConfiguration>(
                (options, configuration) =>
                    options.ConnectionString = configuration.GetConnectionString("Capture") ?? ""
            );
        services
            .AddSettings<CaptureOptions>("Ingestion:Capture")
            .Validate(
                options => options.IsReadable,
                "ConnectionStrings:Capture, or Ingestion:Capture:ConnectionString, is not of the form Host=…;Database=…;Username=…;Password=…."
            );
        services.AddSingleton<IValidateOptions<CaptureOptions>, CaptureOptionsValidator>();
        services.AddSingleton<CaptureTable>();
        services.AddSingleton<CaptureProgress>();
        services.AddSingleton<SourceDatabase>();
        services.AddSingleton<SourceSetup>();
        services.AddSingleton<SourceTypes>();
        services.AddSingleton<InitialSnapshot>();
        services.AddSingleton<SnapshotRows>();
        services.AddSingleton<ChangeFlow>();
        services.AddSingleton<Capture>();
        services.AddSingleton<CaptureRuns>();
        services.AddSingleton<CaptureSource>();
        services.AddSingleton<ISourceCatalog>(provider => provider.GetRequiredService<CaptureSource>());
        services.AddSingleton<IStartableSources>(provider => provider.GetRequiredService<CaptureSource>());
        services.AddHostedService<CaptureService>();
        services.AddSingleton<ISourceCatalog, ChangeFeedSource>();
    }
}
