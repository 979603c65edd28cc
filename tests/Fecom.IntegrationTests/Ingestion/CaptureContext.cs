using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A shop's table, a host that follows it, and what the host says of it.</summary>
public abstract class CaptureContext(Servers servers) : InputFolderContext(servers)
{
    private protected static long Captured(JsonElement status, string name) =>
        status.GetProperty("capture") is { ValueKind: JsonValueKind.Object } capture
        && capture.GetProperty(name) is { ValueKind: JsonValueKind.Number } value
            ? value.GetInt64()
            : 0;

    private protected static async Task<JsonElement> StatusAsync(IngestionHost host)
    {
        return (await host.SourcesAsync()).Single(source => source.GetProperty("kind").GetString() == "postgres");
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

    private protected static Task WrittenAsync(Func<int> written, int transactions) =>
        Poll.UntilAsync(() => Task.FromResult(written() >= transactions), TestTimeout, "nobody writes");

    private protected async Task<IngestionHost> StartAsync(
        CapturedShop shop,
        string? own = null,
        params (string Key, string Value)[] settings
    ) => await StartAsync(own, shop.Settings(settings));
}
