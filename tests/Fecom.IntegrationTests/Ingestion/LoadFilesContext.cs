using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>An input folder, a host that loads it, and what the host says of its files.</summary>
public abstract class LoadFilesContext(Servers servers) : IDisposable
{
    private protected static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

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

    private protected static async Task AgeAsync(IngestionHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private protected static async Task<string> NameAsync(IngestionHost host, string prefix) =>
        (await CompletedAsync(host, prefix)).GetProperty("name").GetString()!;

    /// <summary>Makes in the input folder what .NET cannot make.</summary>
    private protected async Task ShellAsync(string script)
    {
        using Process shell = Process.Start(
            new ProcessStartInfo("bash", ["-ec", script]) { WorkingDirectory = _files.PathOf("") }
        )!;
        await shell.WaitForExitAsync(Cancelled);
        Assert.Equal(0, shell.ExitCode);
    }

    private protected static Task<JsonElement> CompletedAsync(IngestionHost host, string prefix) =>
        SourceAsync(host, prefix, "completed");

    private protected static async Task<JsonElement> SourceAsync(IngestionHost host, string prefix, string state)
    {
        JsonElement found = default;
        await Poll.UntilAsync(
            async () =>
            {
                found = (await SourcesAsync(host)).FirstOrDefault(s =>
                    s.GetProperty("name").GetString()!.StartsWith(prefix, StringComparison.Ordinal)
                );
                return found.ValueKind == JsonValueKind.Object && found.GetProperty("state").GetString() == state;
            },
            TestTimeout,
            $"{prefix} is not {state}"
        );
        return found;
    }

    private protected static async Task<List<JsonElement>> SourcesAsync(IngestionHost host)
    {
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        return
        [
            .. body.GetProperty("sources")
                .EnumerateArray()
                .Where(source => source.GetProperty("kind").GetString() == "file"),
        ];
    }

    private protected static async Task<JsonElement> RunAsync(IngestionHost host, string source)
    {
        using HttpResponseMessage accepted = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        JsonElement run = default;
        await Poll.UntilAsync(
            async () =>
            {
                run = await host.Http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, Cancelled);
                return run.GetProperty("state").GetString() is "completed" or "failed";
            },
            TestTimeout,
            "the run did not end"
        );
        return run;
    }
}
