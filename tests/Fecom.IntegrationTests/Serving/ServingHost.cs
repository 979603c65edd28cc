using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Features;
using Fecom.Learning.Purchase;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Requests;
using Fecom.Platform.Storage;
using Fecom.Serving;
using Fecom.Serving.LoadModels;
using Fecom.Validation;
using Fecom.Warehouse;
using Fecom.Warehouse.ShowKpis;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.Serving;

/// <summary>The stream into the features and serving on top of it, over HTTP on a free port.</summary>
internal sealed class ServingHost : ModuleHost
{
    private ServingHost(WebApplication app)
        : base(app) { }

    public PurchaseModel? Purchase => Services.GetRequiredService<ModelSlot<PurchaseModel>>().Current?.Model;

    public bool Serves(ModelPromoted promoted) =>
        Services.GetServices<IModelSlot>().Any(slot => slot.Name == promoted.Model && slot.Serves(promoted));

    public static async Task<ServingHost> StartAsync(
        string postgres,
        string redis,
        string models,
        params IEnumerable<(string Key, string Value)> settings
    )
    {
        WebApplicationBuilder builder = TestHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = postgres,
                ["ConnectionStrings:Redis"] = redis,
                ["Kafka:BootstrapServers"] = "embedded",
                ["Paths:Models"] = models,
                // A busy machine answers late; what is tested here is the answer, not the wait.
                ["Serving:OnlineStoreTimeout"] = "00:00:03",
                ["Serving:LiveSessionTimeout"] = "00:00:03",
            },
            settings
        );
        builder.Services.AddStorage(builder.Configuration);
        builder.AddValidation();
        builder.AddFeatures();
        builder.AddWarehouse();
        builder.AddServing();
        builder.Services.AddMessaging(builder.Configuration);
        WebApplication app = builder.Build();
        app.UsePathValues();
        app.MapServing();
        app.MapKpis();
        await app.PrepareAsync(TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ServingHost(app);
    }

    public async Task<JsonElement> PostAsync(string path, string json)
    {
        using StringContent content = new(json, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    /// <summary>The probability and what answered, of one product in one session.</summary>
    public async Task<JsonElement> PredictAsync(string product, string session) =>
        await PostAsync(
            "/api/v1/predictions/purchase",
            $$"""{"instances":[{"product_id":"{{product}}","user_session":"{{session}}"}]}"""
        );

    public Task<HealthReportEntry> ModelHealthAsync() => HealthAsync("model");
}
