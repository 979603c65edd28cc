using System.Net;
using Fecom.Testing;
using Microsoft.Playwright;

namespace Fecom.FunctionalTests;

/// <summary>A host with the sample in every store and both models trained, and one browser that looks at it.</summary>
public sealed class ConsoleHost(Servers servers) : IAsyncLifetime
{
    private static readonly string[] BrowserArguments =
    [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    private readonly int _port = PrivateRedis.FreePort();
    private Shop? _shop;
    private IPlaywright? _playwright;

    internal HttpClient Http => _shop!.Http;

    internal HostProcess Host { get; private set; } = null!;

    internal IBrowser Browser { get; private set; } = null!;

    /// <summary>Where its pages are.</summary>
    public string Address => $"http://127.0.0.1:{_port}";

    public async ValueTask InitializeAsync()
    {
        _shop = await Shop.OpenAsync(servers);
        File.Copy(Path.Combine(Repository.Root, "data", "raw", "sample.csv"), $"{_shop.Raw}/sample.csv");
        await StartHostAsync();
        await Poll.UntilAsync(
            async () =>
            {
                string health = await Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative));
                return health.Contains("recommender version 1 serves", StringComparison.Ordinal)
                    && health.Contains("purchase version 1 serves", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(120),
            "the models of the sample were not trained"
        );
        // Its schedule would come within five minutes.
        using HttpResponseMessage started = await Http.PostAsync(
            new Uri("/api/v1/jobs/load_warehouse/runs", UriKind.Relative),
            content: null
        );
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await Poll.UntilAsync(
            async () =>
                (await Http.GetStringAsync(new Uri("/api/v1/kpis", UriKind.Relative))).Contains(
                    "\"hour\":",
                    StringComparison.Ordinal
                ),
            TimeSpan.FromSeconds(120),
            "the warehouse has no figures of the sample"
        );
        string chromium = Chromium();
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = BrowserArguments });
    }

    /// <summary>kill -9, and a new one at the same address.</summary>
    internal async Task RestartAsync()
    {
        await _shop!.KillHostAsync();
        await StartHostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }
    }

    private async Task StartHostAsync() => Host = await _shop!.StartHostAsync(("ASPNETCORE_URLS", Address));

    private static string Chromium()
    {
        string? found = new[]
        {
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
        }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(
            found is null && Environment.GetEnvironmentVariable("CI") is null,
            "No Chromium is installed: apt-get install chromium"
        );
        return found ?? throw new InvalidOperationException("CI has no Chromium: apt-get install chromium");
    }
}
