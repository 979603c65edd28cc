using Fecom.Platform.Storage;
using Fecom.Testing;
using Fecom.Training;
using Fecom.Warehouse;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Benchmarks.Training;

/// <summary>The registry and the studies of the training module, and bronze, on a PostgreSQL and a folder of models of the benchmark's own.</summary>
internal sealed class TrainingStore : IAsyncDisposable
{
    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("fecom-models-");
    private readonly PrivatePostgres _postgres;
    private readonly IHost _host;

    private TrainingStore(PrivatePostgres postgres, string connection)
    {
        _postgres = postgres;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = connection,
                ["ConnectionStrings:Redis"] = "127.0.0.1:1",
                ["Paths:Models"] = _models.FullName,
            }
        );
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(builder.Configuration);
        builder.AddWarehouse();
        builder.AddTraining();
        builder.Services.AddMigrations("platform", typeof(Migrator).Assembly);
        _host = builder.Build();
    }

    public string Folder => _models.FullName;

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public static async Task<TrainingStore> StartAsync()
    {
        PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        TrainingStore store = new(postgres, await postgres.CreateDatabaseAsync());
        await store.Get<Migrator>().MigrateAsync(CancellationToken.None);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await _postgres.DisposeAsync();
        _models.Delete(recursive: true);
    }
}
