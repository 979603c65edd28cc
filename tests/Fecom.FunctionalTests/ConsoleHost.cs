using System.Net;
using Fecom.Testing;
using Microsoft.Playwright;

namespace Fecom.FunctionalTests;

/// <summary>A host with the sample in every store and both models trained, and one browser that looks at it.</summary>
public sealed class ConsoleHost(Servers servers) : IAsyncLifetime
{
    private readonly int _port = PrivateRedis.FreePort();
    private Shop? _shop;
    private ChromiumBrowser? _chromium;

    internal HttpClient Http => _shop!.Http;

    internal HostProcess Host { get; private set; } = null!;

    internal IBrowser Browser => _chromium!.Browser;

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
                    "\"hour_at\":",
                    StringComparison.Ordinal
                ),
            TimeSpan.FromSeconds(120),
            "the warehouse has no figures of the sample"
        );
        _chromium = await ChromiumBrowser.StartAsync();
    }

    /// <summary>Changes something behind the host's back.</summary>
    internal Task ExecuteAsync(string sql) => _shop!.ExecuteAsync(sql);

    /// <summary>kill -9, and a new one at the same address.</summary>
    internal async Task RestartAsync()
    {
        await _shop!.KillHostAsync();
        await StartHostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }
    }

    private async Task StartHostAsync() => Host = await _shop!.StartHostAsync(("ASPNETCORE_URLS", Address));
}
