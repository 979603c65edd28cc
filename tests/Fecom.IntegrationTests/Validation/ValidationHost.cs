using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation;
using Fecom.Warehouse;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Validation with its HTTP calls and bronze behind it, on a Kafka and a database of its own.</summary>
internal sealed class ValidationHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ValidationHost(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public HttpClient Http { get; }

    public ITopicProducer Producer => _app.Services.GetRequiredService<ITopicProducer>();

    public IPipelineBarrier Barrier => _app.Services.GetRequiredService<IPipelineBarrier>();

    public NpgsqlDataSource Database => _app.Services.GetRequiredService<NpgsqlDataSource>();

    public IServiceProvider Services => _app.Services;

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

    /// <summary>What the host's health says of one check.</summary>
    public async Task<HealthReportEntry> HealthAsync(string check) =>
        (
            await _app
                .Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(entry => entry.Name == check, CancellationToken.None)
        ).Entries[check];

    public async Task<long> CountAsync(string table, string count = "count(*)")
    {
        await using NpgsqlCommand command = Database.CreateCommand($"select {count} from {table}");
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public Task<JsonElement> GetAsync(string path) =>
        Http.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> PostAsync(string path, string json) =>
        Http.PostAsync(
            new Uri(path, UriKind.Relative),
            new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
