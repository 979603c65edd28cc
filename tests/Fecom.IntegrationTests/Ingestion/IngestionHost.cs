using Fecom.Ingestion;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>The module on a real PostgreSQL, with a pipeline in memory behind it.</summary>
internal sealed class IngestionHost : ModuleHost
{
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

    /// <summary>The host is gone, and what only Kafka's memory had with it.</summary>
    public async Task CrashAsync(FakePipeline pipeline)
    {
        pipeline.LoseLog();
        await DisposeAsync();
        pipeline.LoseLog();
    }
}
