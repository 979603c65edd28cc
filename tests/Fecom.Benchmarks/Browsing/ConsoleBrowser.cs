using System.Diagnostics;
using System.Text.Json;
using Fecom.Testing;
using Microsoft.Playwright;

namespace Fecom.Benchmarks.Browsing;

/// <summary>What opening a page took.</summary>
/// <param name="PaintMs">Until the browser painted something that is not blank.</param>
/// <param name="ShownMs">Until the page follows the host and shows its figures.</param>
/// <param name="KiB">Bytes that came over the network until then, as they came: compressed and with their headers; the frames of the socket as they are before compression.</param>
internal sealed record OpenedPage(double PaintMs, double ShownMs, double KiB);

/// <summary>Debian's Chromium, which looks at a host's console.</summary>
internal sealed class ConsoleBrowser : IAsyncDisposable
{
    private const float Wait = 60_000;

    private static readonly string[] Places =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly Uri _host;
    private readonly string _folder;

    private ConsoleBrowser(IPlaywright playwright, IBrowser browser, Uri host, string folder) =>
        (_playwright, _browser, _host, _folder) = (playwright, browser, host, folder);

    /// <param name="host">Whose console it looks at.</param>
    public static async Task<ConsoleBrowser> StartAsync(Uri host)
    {
        string program =
            Places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("No Chromium is installed: apt-get install chromium");
        string folder = RunFolder.Create("browser");
        string script = $"{folder}/browser";
        await File.WriteAllTextAsync(script, $"#!/bin/sh\necho $$ > {folder}/pid\nexec {program} \"$@\"\n");
        using (Process chmod = Process.Start("chmod", ["u+x", script]))
        {
            await chmod.WaitForExitAsync();
        }

        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        IPlaywright playwright = await Playwright.CreateAsync();
        return new ConsoleBrowser(
            playwright,
            await playwright.Chromium.LaunchAsync(
                new() { ExecutablePath = script, Args = ["--headless", "--no-sandbox", "--disable-gpu"] }
            ),
            host,
            folder
        );
    }

    /// <summary>Opens a page as somebody does who was never here.</summary>
    public async Task<OpenedPage> VisitAsync(string address)
    {
        await using IBrowserContext context = await _browser.NewContextAsync();
        IPage page = await context.NewPageAsync();
        ICDPSession network = await context.NewCDPSessionAsync(page);
        double bytes = 0;
        network.Event("Network.loadingFinished").OnEvent += (_, of) => bytes += Number(of, "encodedDataLength");
        network.Event("Network.webSocketFrameReceived").OnEvent += (_, of) =>
            bytes += FrameBytes(of?.GetProperty("response"));
        await network.SendAsync("Network.enable");
        long start = Stopwatch.GetTimestamp();
        await ShowAsync(page, address);
        double shown = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double paint = await page.EvaluateAsync<double>(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        );
        return new OpenedPage(paint, shown, bytes / 1_024);
    }

    /// <summary>Opens a page and leaves it open.</summary>
    public async Task<OpenPage> OpenAsync(string address)
    {
        IBrowserContext context = await _browser.NewContextAsync();
        IPage page = await context.NewPageAsync();
        OpenPage open = new(context, page);
        await ShowAsync(page, address);
        return open;
    }

    /// <summary>
    /// Does something while the browser stands still. Its pages stay open and the host goes on to read for them and to send them
    /// what is new, so what they take from the host is there, and what drawing them takes from the machine is not.
    /// </summary>
    public async Task<T> WhileStoppedAsync<T>(Func<Task<T>> work)
    {
        await SignalAsync("-STOP");
        try
        {
            return await work();
        }
        finally
        {
            await SignalAsync("-CONT");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ShowAsync(IPage page, string address)
    {
        await page.GotoAsync(new Uri(_host, address).ToString());
        await page.WaitForSelectorAsync(
            "html[data-live='true']",
            new() { State = WaitForSelectorState.Attached, Timeout = Wait }
        );
        await page.WaitForSelectorAsync("main h1", new() { Timeout = Wait });
        await Assertions.Expect(page.Locator("main .state.loading")).ToHaveCountAsync(0, new() { Timeout = Wait });
    }

    /// <summary>All processes of the browser are one group, which has the number of its first.</summary>
    private async Task SignalAsync(string signal)
    {
        string first = (await File.ReadAllTextAsync($"{_folder}/pid")).Trim();
        using Process kill = Process.Start("kill", [signal, "--", $"-{first}"]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"The browser's processes could not be sent {signal}.");
        }
    }

    /// <summary>A frame that is no text comes in base 64.</summary>
    private static double FrameBytes(JsonElement? frame) =>
        (frame?.GetProperty("payloadData").GetString()?.Length ?? 0)
        * (frame?.GetProperty("opcode").GetDouble() == 1 ? 1 : 0.75);

    private static double Number(JsonElement? of, string name) => of?.GetProperty(name).GetDouble() ?? 0;
}
