using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>The host as it runs for a shop, in a process of its own, loading a generated file.</summary>
internal sealed class WholeHost : IAsyncDisposable
{
    private readonly HostProcess _host;
    private readonly int[] _servers;
    private readonly string _data;
    private readonly int _events;

    private WholeHost(HostProcess host, int[] servers, string data, int events)
    {
        _host = host;
        _servers = servers;
        _data = data;
        _events = events;
    }

    public double PeakMemoryMib { get; private set; }

    public static async Task<WholeHost> StartAsync(int events, PrivatePostgres postgres, PrivateRedis redis)
    {
        string data = Directory.CreateTempSubdirectory("fecom-bench-").FullName;
        Directory.CreateDirectory($"{data}/raw");
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            events.ToString(CultureInfo.InvariantCulture),
            "--seed",
            "1",
            "--out",
            $"{data}/events.csv"
        );
        HostProcess host = await HostProcess.StartAsync(await postgres.CreateDatabaseAsync(), redis.ConnectionString, data);
        return new WholeHost(host, [postgres.Pid, redis.Pid], data, events);
    }

    /// <summary>Puts the file where the host finds it; what it costs from its first row until every sink has its last.</summary>
    public async Task<StageCosts> LoadAsync()
    {
        File.Move($"{_data}/events.csv", $"{_data}/raw/events.csv");
        await Poll.UntilAsync(async () => (await SourceAsync())?.Rows > 0, TimeSpan.FromSeconds(30), "the load did not start");
        StageMeter meter = new(_host.Pid, _servers);
        long already = (await SourceAsync())!.Rows;
        await Poll.UntilAsync(
            async () => (await SourceAsync())?.State == "completed",
            TimeSpan.FromSeconds(60 + (_events / 2_000)),
            "the load did not end"
        );
        PeakMemoryMib = _host.PeakMemoryMib();
        return meter.Stop(_events - already);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private async Task<Source?> SourceAsync()
    {
        JsonElement body = await _host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources");
        return body.GetProperty("sources")
            .EnumerateArray()
            .Where(source => source.GetProperty("kind").GetString() == "file")
            .Select(source => new Source(source.GetProperty("rows").GetInt64(), source.GetProperty("state").GetString()!))
            .FirstOrDefault();
    }

    private sealed record Source(long Rows, string State);
}
