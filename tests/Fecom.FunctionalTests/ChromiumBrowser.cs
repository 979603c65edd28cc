using Microsoft.Playwright;

namespace Fecom.FunctionalTests;

/// <summary>Debian's Chromium.</summary>
internal sealed class ChromiumBrowser : IAsyncDisposable
{
    private static readonly string[] Arguments =
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

    private static readonly string[] Places =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private readonly IPlaywright _playwright;

    private ChromiumBrowser(IPlaywright playwright, IBrowser browser) => (_playwright, Browser) = (playwright, browser);

    public IBrowser Browser { get; }

    /// <summary>Starts it; a machine without it skips the test, but not in CI.</summary>
    public static async Task<ChromiumBrowser> StartAsync()
    {
        string? found = Places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(
            found is null && Environment.GetEnvironmentVariable("CI") is null,
            "No Chromium is installed: apt-get install chromium"
        );
        string program = found ?? throw new InvalidOperationException("CI has no Chromium: apt-get install chromium");
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        IPlaywright playwright = await Playwright.CreateAsync();
        return new(
            playwright,
            await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Arguments })
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }
}
