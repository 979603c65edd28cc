using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fecom.IntegrationTests;

/// <summary>What the hosts of these tests have in common, before they add their modules.</summary>
internal static class TestHost
{
    /// <summary>A host on a free port of the loopback address, which logs warnings and writes JSON as Fecom does.</summary>
    /// <param name="defaults">The settings of every host of its kind.</param>
    /// <param name="settings">One test's own settings, which win.</param>
    public static WebApplicationBuilder CreateBuilder(
        Dictionary<string, string?> defaults,
        params IEnumerable<(string Key, string Value)> settings
    )
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(defaults);
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))
        );
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower
        );
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(TimeProvider.System);
        return builder;
    }
}
