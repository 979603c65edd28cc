using Fecom.Access.AskCaller;
using Fecom.Access.Authenticate;
using Fecom.Access.Authorize;
using Fecom.Access.ForwardCallers;
using Fecom.Access.GuardBrowsers;
using Fecom.Access.KnowCallers;
using Fecom.Access.Listen;
using Fecom.Access.ManageKeys;
using Fecom.Access.ManageUsers;
using Fecom.Access.ProtectData;
using Fecom.Access.RecordChanges;
using Fecom.Access.SignIn;
using Fecom.Platform.Jobs;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Access;

/// <summary>Who may do what: keys of programs, sign-in of people, the rules for every address, and the log of changes.</summary>
public static class AccessModule
{
    private const string Schema = "access";

    /// <summary>The client by which the console calls the host's own API.</summary>
    private const string OwnApi = "fecom-api";

    private static readonly string[] LoopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddAccess(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        AccessOptions options = builder.Configuration.GetSection(AccessOptions.Section).Get<AccessOptions>() ?? new();
        services.AddSettings<AccessOptions>(AccessOptions.Section);
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsValidator>();
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessSettingsValidator>();
        services.AddMigrations(Schema, typeof(AccessModule).Assembly);
        services.AddSingleton<Passwords>();
        services.AddSingleton<ConfiguredAdmin>();
        services.AddSingleton<CallerDirectory>();
        services.AddHealthChecks().AddCheck<AccessHealthCheck>("access");
        services.AddCallerSchemes().AddProvider(options.OpenIdConnect);
        services.AddAccessPolicies();
        services.AddSingleton<ApiKeyTable>();
        services.AddSingleton<PersonTable>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<PasswordSignIn>();
        services.AddShopPages();
        AddProtection(services);
        AddAudit(services);
        AddForwarding(services);
        // The host's own pages call it by these names, whatever else it is called.
        services.PostConfigure<HostFilteringOptions>(hosts =>
            hosts.AllowedHosts =
                hosts.AllowedHosts is { Count: > 0 } allowed && !allowed.Contains("*")
                    ? [.. allowed.Union(LoopbackNames, StringComparer.OrdinalIgnoreCase)]
                    : hosts.AllowedHosts ?? []
        );
        return builder;
    }

    /// <summary>Finds out who calls. Comes after whatever turns exceptions into answers, and before the rate limits.</summary>
    public static WebApplication UseCallers(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        AccessOptions options = app.Services.GetRequiredService<IOptions<AccessOptions>>().Value;
        ListenAddresses.Check(app.Configuration, options);
        app.UseBrowserGuard();
        app.UseShopPages(options.Origins);
        app.UseCallers(options.NeedsSignIn);
        return app;
    }

    /// <summary>Refuses what a caller may not do, and has changes written down.</summary>
    /// <param name="app">The host.</param>
    /// <param name="statusOf">The HTTP status with which a call that ends in an exception is answered further out.</param>
    public static WebApplication UseAccess(this WebApplication app, Func<Exception, int> statusOf)
    {
        app.UseAuthorization();
        app.UseAudit(statusOf);
        return app;
    }

    /// <summary>Maps the module's pages and calls.</summary>
    public static IEndpointRouteBuilder MapAccess(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapSignIn(routes.ServiceProvider.GetRequiredService<IOptions<AccessOptions>>().Value);
        routes.MapCaller();
        routes.MapKeys();
        routes.MapUsers();
        routes.MapAudit();
        return routes;
    }

    private static void AddProtection(IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("fecom");
        services.AddSingleton<DataProtectionKeys>();
        services
            .AddOptions<KeyManagementOptions>()
            .Configure<DataProtectionKeys>((keys, repository) => keys.XmlRepository = repository);
    }

    private static void AddAudit(IServiceCollection services)
    {
        services.AddSingleton<AuditLog>();
        services.AddJob<ForgetChangesJob>(
            new()
            {
                Name = ForgetChangesJob.Name,
                Description = "Forgets entries of the audit log that are older than Access:AuditDays.",
                DefaultCron = "40 4 * * *",
                Retries = 3,
            }
        );
    }

    private static void AddForwarding(IServiceCollection services)
    {
        services.AddSingleton<OwnPageToken>();
        services.AddTransient<CallerForwarding>();
        services.AddHttpClient(OwnApi).AddHttpMessageHandler<CallerForwarding>();
    }
}
