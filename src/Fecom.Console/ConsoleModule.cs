using Fecom.WebConsole.Live;
using Fecom.WebConsole.Requests;
using Fecom.WebConsole.Shell;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MudBlazor.Services;

namespace Fecom.WebConsole;

/// <summary>The web console at <c>/</c>: what a person sees of the house. It knows the API alone.</summary>
public static class ConsoleModule
{
    /// <summary>How the console names itself to the API.</summary>
    public const string UserAgent = FecomApi.UserAgent;

    /// <summary>Adds the console.</summary>
    public static void AddConsole(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // A build's output names the packages' assets where they lie; a published one has them all in wwwroot.
        builder.WebHost.UseStaticWebAssets();
        // Otherwise a build's assets are read again with each call, and are sent uncompressed.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddMudServices();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder
            .Services.AddHttpClient(FecomApi.ClientName)
            .ConfigureHttpClient((services, http) => HostAddress.Apply(services, http))
            // Every reading of every page would be four lines in the log.
            .RemoveAllLoggers();
        builder.Services.AddSingleton<SharedAnswers>();
        builder.Services.AddSingleton(services => new Turns(
            services.GetRequiredService<TimeProvider>(),
            gap: TimeSpan.FromMilliseconds(50),
            spread: TimeSpan.FromSeconds(1)
        ));
        builder.Services.AddScoped<FecomApi>();
        builder.Services.AddScoped<PageVisibility>();
        builder.Services.AddScoped<CircuitHandler, PageConnection>();
    }

    /// <summary>Maps its pages and their assets.</summary>
    public static void MapConsole(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapRazorComponents<ConsoleDocument>().AddInteractiveServerRenderMode();
    }
}
