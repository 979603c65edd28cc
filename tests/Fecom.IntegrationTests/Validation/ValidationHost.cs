using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation;
using Fecom.Warehouse;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Validation with its HTTP calls and bronze behind it, on a Kafka and a database of its own.</summary>
internal sealed class ValidationHost : ModuleHost
{
    private ValidationHost(WebApplication app)
        : base(app) { }

    public static async Task<ValidationHost> StartAsync(string postgres, params (string Key, string Value)[] settings)
    {
        WebApplicationBuilder builder = TestHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = postgres,
                ["ConnectionStrings:Redis"] = "127.0.0.1:1",
                ["Kafka:BootstrapServers"] = "embedded",
            },
            settings
        );
        builder.Services.AddStorage(builder.Configuration);
        builder.AddValidation();
        builder.AddWarehouse();
        builder.Services.AddMessaging(builder.Configuration);
        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.MapValidation();
        app.MapPipeline();
        await app.PrepareAsync(TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ValidationHost(app);
    }

    public async Task<long> CountAsync(string table, string count = "count(*)")
    {
        await using NpgsqlCommand command = Database.CreateCommand($"select {count} from {table}");
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json) =>
        Http.PostAsync(
            new Uri(path, UriKind.Relative),
            new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken
        );
}
