using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>One host for the tests of its HTTP surface; they change nothing.</summary>
public sealed class RunningHost(Servers servers) : IAsyncLifetime
{
    private Shop? _shop;
    private HostProcess? _host;

    /// <summary>Where it sends its traces, metrics and logs.</summary>
    internal OtlpReceiver Collector { get; } = new();

    /// <summary>Folder of its log files.</summary>
    public string Logs => $"{_shop!.Data}/logs";

    internal HttpClient Http => _shop!.Http;

    internal HostProcess Host => _host!;

    public async ValueTask InitializeAsync()
    {
        _shop = await Shop.OpenAsync(servers);
        _host = await _shop.StartHostAsync(
            ("Logs__File", "true"),
            ("Paths__Logs", Logs),
            ("Logging__LogLevel__Fecom", "Warning"),
            ("RateLimits__schemas", "3"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", Collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "500"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "500"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
            ("Validation__Alert__MinEvents", "1"),
            ("Validation__Alert__CheckSeconds", "0.1")
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }

        await Collector.DisposeAsync();
    }
}
