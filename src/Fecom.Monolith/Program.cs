using Fecom.Access;
using Fecom.Features;
using Fecom.Ingestion;
using Fecom.Monolith;
using Fecom.Platform;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Fecom.Platform.Telemetry;
using Fecom.Serving;
using Fecom.Training;
using Fecom.Validation;
using Fecom.Warehouse;
using Fecom.WebConsole;

if (CommandLine.IsTool(args))
{
    return await CommandLine.RunAsync(args, Build);
}

using StopSignals signals = new();
return await StartFailure.ReportAsync(
    async () =>
    {
        while (await RunAsync(args, signals.Stopping))
        {
            // Built again in the same process: see HostRestart.
        }
    },
    Console.Error,
    signals.Stopping
);

static async Task<bool> RunAsync(string[] args, CancellationToken stopping)
{
    await using WebApplication app = Build(args);
    SettingsCheck.Check(app.Configuration, app.Services);
    RateLimits.Check(app.Configuration, ((IEndpointRouteBuilder)app).DataSources);

    HostRestart restart = app.Services.GetRequiredService<HostRestart>();
    await app.PrepareAsync(stopping);
    await HostingAbstractionsHostExtensions.RunAsync(app, stopping);
    return restart.Requested && !stopping.IsCancellationRequested;
}

/// <summary>The host: put together here, started above.</summary>
internal static partial class Program
{
    internal static WebApplication Build(string[] args)
    {
        WebApplicationBuilder builder = WebHost.CreateBuilder(args);
        builder.Services.AddTelemetry(builder.Configuration);
        builder.Services.AddStorage(builder.Configuration);
        builder.AddAccess();
        builder.AddIngestion();
        builder.AddValidation();
        builder.AddFeatures();
        builder.AddWarehouse();
        builder.AddTraining();
        builder.AddServing();
        builder.AddConsole();
        builder.Services.AddJobScheduler(builder.Configuration);
        builder.Services.AddMessaging(builder.Configuration);

        WebApplication app = builder.Build();
        app.UseWebHost();
        app.MapAccess();
        app.MapIngestion();
        app.MapValidation();
        app.MapFeatures();
        app.MapWarehouse();
        app.MapTraining();
        app.MapServing();
        app.MapPipeline();
        app.MapJobs();
        app.MapConsole();
        return app;
    }
}
