using System.Text.Json;
using System.Text.Json.Serialization;
using Fecom.Access;
using Fecom.Platform.Hosts;
using Fecom.Platform.Requests;
using Fecom.Platform.Telemetry;

namespace Fecom.Monolith;

/// <summary>What is the host's own: configuration, logging, JSON, problem details, OpenAPI, health.</summary>
internal static class WebHost
{
    private const string SettingsFolder = "FECOM_SETTINGS_FOLDER";

    public const long LargestBody = 16 * 1024 * 1024;

    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                Args = [.. args.Skip(1)],
                ContentRootPath = AppContext.BaseDirectory,
                // By which the console's files are found, whatever program builds the host.
                ApplicationName = typeof(WebHost).Assembly.GetName().Name,
            }
        );
        ReadSettingsFolder(builder.Configuration);
        builder.UseHostLog();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = LargestBody;
        });
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromSeconds(25);
            // Ours are supervised; one of a library that fails is logged, and the rest goes on.
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.DictionaryKeyPolicy = null;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Explain);
        builder.Services.AddOpenApi("v1", OpenApi.Describe);
        builder.Services.AddSingleton<KnownParameters>();
        builder.Services.AddHealthChecks().AddCheck<StoppingHealthCheck>("host");
        return builder;
    }

    /// <summary>A folder of files that are named like settings, as Docker and Kubernetes mount secrets; it goes before all else.</summary>
    public static void ReadSettingsFolder(ConfigurationManager configuration)
    {
        if (configuration[SettingsFolder] is not { Length: > 0 } folder)
        {
            return;
        }

        if (!Directory.Exists(folder))
        {
            throw new StartException($"{SettingsFolder} is {folder}, which is no folder that is there.");
        }

        configuration.AddKeyPerFile(Path.GetFullPath(folder));
    }

    public static void UseWebHost(this WebApplication app)
    {
        app.UseRequestLog();
        app.UseExceptionHandler(
            new ExceptionHandlerOptions
            {
                StatusCodeSelector = Problems.StatusOf,
                SuppressDiagnosticsCallback = failed => Problems.IsExplained(failed.Exception),
            }
        );
        app.UseStatusCodePages();
        app.UsePathValues();
        app.UseCallers();
        app.UseRateLimits();
        app.UseAccess(Problems.StatusOf);
        app.UseKnownParameters();
        app.MapOpenApi("/swagger/{documentName}/swagger.json");
        // Its middleware looks at every request by regular expressions.
        app.UseWhen(
            http => http.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase),
            pages =>
                pages.UseSwaggerUI(ui =>
                {
                    ui.SwaggerEndpoint("/swagger/v1/swagger.json", "Fecom v1");
                    ui.DocumentTitle = "Fecom API";
                })
        );
        app.MapHealth();
        app.MapMetrics();
    }
}
