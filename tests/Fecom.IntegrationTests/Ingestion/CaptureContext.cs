using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A shop's table, a host that follows it, and what the host says of it.</summary>
public abstract class CaptureContext(Servers servers) : IDisposable
{
    private protected static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private protected readonly InputFiles _files = new();
    private protected readonly FakePipeline _pipeline = new();

    private protected PrivatePostgres Postgres => servers.Postgres;

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    private protected static long Captured(JsonElement status, string name) =>
        status.GetProperty("capture") is { ValueKind: JsonValueKind.Object } capture
        && capture.GetProperty(name) is { ValueKind: JsonValueKind.Number } value
            ? value.GetInt64()
            : 0;

    private protected static async Task<JsonElement> StatusAsync(IngestionHost host)
    {
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        return body.GetProperty("sources")
            .EnumerateArray()
            .Single(source => source.GetProperty("kind").GetString() == "postgres");
    }

    /// <summary>Every sink has as many rows and changes, and the slot has been told.</summary>
    private protected static async Task CaughtUpAsync(IngestionHost host, CapturedShop shop, long changes)
    {
        await Poll.UntilEqualAsync(
            changes,
            async () => (await StatusAsync(host)).GetProperty("position").GetInt64(),
            TestTimeout,
            "changes taken"
        );
        string slot = shop.Slot;
        await Poll.UntilAsync(
            async () =>
                await shop.ScalarAsync<bool>(
                    $"select exists (select from pg_replication_slots where slot_name = '{slot}')"
                ),
            TestTimeout,
            "there is no slot"
        );
    }

    private protected static async Task<JsonElement> RunAsync(IngestionHost host, string source)
    {
        using HttpResponseMessage asked = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        JsonElement run = default;
        await Poll.UntilAsync(
            async () =>
            {
                run = await host.Http.GetFromJsonAsync<JsonElement>(asked.Headers.Location, Cancelled);
                return run.GetProperty("state").GetString() is "completed" or "failed";
            },
            TestTimeout,
            "the run does not end"
        );
        return run;
    }

    private protected static Task WrittenAsync(Func<int> written, int transactions) =>
        Poll.UntilAsync(() => Task.FromResult(written() >= transactions), TestTimeout, "nobody writes");

    private protected async Task<IngestionHost> StartAsync(
        CapturedShop shop,
        string? own = null,
        params (string Key, string Value)[] settings
    ) =>
        await IngestionHost.StartAsync(
            own ?? await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline,
            shop.Settings(settings)
        );
}
