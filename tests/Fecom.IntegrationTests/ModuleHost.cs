using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Platform.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests;

/// <summary>Some modules as a running host: what a test asks of it, whichever modules they are.</summary>
/// <param name="app">Has been started; it is stopped with the host.</param>
internal abstract class ModuleHost(WebApplication app) : IAsyncDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = new Uri(app.Urls.First()) };

    public IServiceProvider Services => app.Services;

    public ITopicProducer Producer => Services.GetRequiredService<ITopicProducer>();

    public IPipelineBarrier Barrier => Services.GetRequiredService<IPipelineBarrier>();

    public NpgsqlDataSource Database => Services.GetRequiredService<NpgsqlDataSource>();

    public Task<JsonElement> GetAsync(string path) =>
        Http.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    /// <summary>What the host's health says of one check.</summary>
    public async Task<HealthReportEntry> HealthAsync(string check) =>
        (
            await Services
                .GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(entry => entry.Name == check, TestContext.Current.CancellationToken)
        ).Entries[check];

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
