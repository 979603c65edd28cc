using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Ingestion;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>The module on a real PostgreSQL, with a pipeline in memory behind it.</summary>
internal sealed class IngestionHost : ModuleHost
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private IngestionHost(WebApplication app)
        : base(app) { }

    public static async Task<IngestionHost> StartAsync(
        string postgres,
        InputFiles files,
        FakePipeline pipeline,
        params (string Key, string Value)[] settings
    )
    {
        WebApplicationBuilder builder = TestHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                ["Paths:Data"] = files.Data,
                ["Ingestion:Files:PollSeconds"] = "0.1",
                ["Ingestion:Files:RestSeconds"] = "0",
                ["Ingestion:Files:BatchRows"] = "100",
            },
            settings
        );
        builder.Services.AddOptions<Fecom.Platform.FecomPaths>().Bind(builder.Configuration.GetSection("Paths"));
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(postgres));
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddSingleton<ITopicProducer>(pipeline);
        builder.Services.AddSingleton<IPipelineBarrier>(pipeline);
        builder.AddIngestion();
        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.MapIngestion();
        await app.Services.GetRequiredService<Migrator>().MigrateAsync(TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new IngestionHost(app);
    }

    public async Task<List<JsonElement>> SourcesAsync() =>
        [.. (await GetAsync("/api/v1/ingestion/sources")).GetProperty("sources").EnumerateArray()];

    /// <summary>The source of that name, once it is as expected.</summary>
    public async Task<JsonElement> SourceAsync(string name, Func<JsonElement, bool> isAsExpected)
    {
        JsonElement found = default;
        await Poll.UntilAsync(
            async () =>
            {
                found = (await SourcesAsync()).FirstOrDefault(source => source.GetProperty("name").GetString() == name);
                return found.ValueKind == JsonValueKind.Object && isAsExpected(found);
            },
            TestTimeout,
            $"{name} is not as expected"
        );
        return found;
    }

    /// <summary>Asks for a load of a source and waits for its end.</summary>
    /// <returns>The run as it ended.</returns>
    public async Task<JsonElement> LoadAsync(string source)
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using HttpResponseMessage accepted = await Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source },
            cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        JsonElement run = default;
        await Poll.UntilAsync(
            async () =>
            {
                run = await Http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, cancelled);
                return run.GetProperty("state").GetString() is "completed" or "failed";
            },
            TestTimeout,
            "the run did not end"
        );
        return run;
    }

    /// <summary>The host is gone, and what only Kafka's memory had with it.</summary>
    public async Task CrashAsync(FakePipeline pipeline)
    {
        pipeline.BeginCrash();
        await DisposeAsync();
        pipeline.EndCrash();
    }
}
