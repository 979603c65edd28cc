using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>How far a host has loaded a file.</summary>
internal sealed record LoadedFile(long Rows, string State);

/// <summary>A file of made events that hosts load.</summary>
internal static class GeneratedFile
{
    public static Task MakeAsync(int events, int seed, string file) =>
        HostProcess.RunToolAsync("generate", "--events", Number(events), "--seed", Number(seed), "--out", file);

    /// <summary>How far it is loaded; null while no host has seen it.</summary>
    public static async Task<LoadedFile?> FindAsync(HttpClient host, string file)
    {
        JsonElement body = await host.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources");
        return body.GetProperty("sources")
            .EnumerateArray()
            .Where(source =>
                source.GetProperty("name").GetString()!.StartsWith($"file:{file}@", StringComparison.Ordinal)
            )
            .Select(source => new LoadedFile(
                source.GetProperty("rows").GetInt64(),
                source.GetProperty("state").GetString()!
            ))
            .FirstOrDefault();
    }

    /// <summary>Waits until every sink has all of it.</summary>
    public static Task LoadedAsync(HttpClient host, string file, int events) =>
        Poll.UntilAsync(
            async () => (await FindAsync(host, file))?.State == "completed",
            TimeSpan.FromSeconds(120 + (events / 2_000)),
            $"the load of {file} did not end"
        );

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
