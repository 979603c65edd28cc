using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>Debian's Prometheus with the rules of this tree, which fire at once, on one host.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http;

    private PrometheusServer(Process process, string folder, HttpClient http) =>
        (_process, _folder, _http) = (process, folder, http);

    /// <summary>Why there is none; null when there is one.</summary>
    public static string? Missing =>
        File.Exists("/usr/bin/prometheus") ? null : "Prometheus is not installed: apt-get install prometheus";

    public static PrometheusServer Start(Uri host)
    {
        string folder = RunFolder.Create("prometheus");
        string rules = File.ReadAllText($"{Repository.Root}/docker/prometheus/rules.yml");
        File.WriteAllText($"{folder}/rules.yml", Wait().Replace(rules, "for: 0s"));
        File.WriteAllText(
            $"{folder}/prometheus.yml",
            $$"""
            global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
            rule_files: [rules.yml]
            scrape_configs:
              - { job_name: fecom, static_configs: [{ targets: ["{{host.Authority}}"] }] }
            """
        );
        int port = PrivateRedis.FreePort();
        Process process = Process.Start(
            new ProcessStartInfo(
                "/usr/bin/prometheus",
                [
                    $"--config.file={folder}/prometheus.yml",
                    $"--storage.tsdb.path={folder}/data",
                    $"--web.listen-address=127.0.0.1:{port}",
                    "--log.level=error",
                ]
            )
            {
                UseShellExecute = false,
            }
        )!;
        return new PrometheusServer(
            process,
            folder,
            new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(10) }
        );
    }

    /// <summary>Names of the rules that fire.</summary>
    public async Task<IReadOnlyCollection<string>> FiringAsync(CancellationToken cancellationToken)
    {
        try
        {
            JsonElement answer = await _http.GetFromJsonAsync<JsonElement>("/api/v1/alerts", cancellationToken);
            return
            [
                .. answer
                    .GetProperty("data")
                    .GetProperty("alerts")
                    .EnumerateArray()
                    .Where(alert => alert.GetProperty("state").GetString() == "firing")
                    .Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()!),
            ];
        }
        catch (HttpRequestException)
        {
            // It starts.
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"for: \d+[smh]", RegexOptions.None, 1_000)]
    private static partial Regex Wait();
}
