using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>An input folder, and hosts that load it.</summary>
public abstract class InputFolderContext(Servers servers) : IDisposable
{
    private protected static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private protected readonly InputFiles _files = new();
    private protected readonly FakePipeline _pipeline = new();

    private protected PrivatePostgres Postgres => servers.Postgres;

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    private protected async Task<IngestionHost> StartAsync(
        string? database = null,
        params (string Key, string Value)[] settings
    ) =>
        await IngestionHost.StartAsync(
            database ?? await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline,
            settings
        );
}
