using Fecom.Features;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Validation;
using Fecom.Warehouse;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.IntegrationTests.Pipeline;

/// <summary>The stream from raw topic to features and bronze, in this process, on a database and a Redis of its own.</summary>
internal sealed class PipelineHost : IAsyncDisposable
{
    private readonly IHost _host;

    private PipelineHost(IHost host) => _host = host;

    public ITopicProducer Producer => _host.Services.GetRequiredService<ITopicProducer>();

    public IPipelineBarrier Barrier => _host.Services.GetRequiredService<IPipelineBarrier>();

    public NpgsqlDataSource Database => _host.Services.GetRequiredService<NpgsqlDataSource>();

    public RedisConnection Redis => _host.Services.GetRequiredService<RedisConnection>();

    public IServiceProvider Services => _host.Services;

    public static async Task<PipelineHost> StartAsync(
        string postgres,
        string redis,
        Action<IHostApplicationBuilder>? more = null,
        params (string Key, string Value)[] settings
    )
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = postgres,
                ["ConnectionStrings:Redis"] = redis,
                ["Kafka:BootstrapServers"] = "embedded",
            }
        );
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))
        );
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(builder.Configuration);
        builder.AddValidation();
        builder.AddFeatures();
        builder.AddWarehouse();
        more?.Invoke(builder);
        builder.Services.AddMessaging(builder.Configuration);
        IHost host = builder.Build();
        await host.PrepareAsync(TestContext.Current.CancellationToken);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new PipelineHost(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(TestContext.Current.CancellationToken);
        _host.Dispose();
    }
}
