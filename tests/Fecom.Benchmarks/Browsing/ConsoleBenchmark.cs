using System.Globalization;
using Fecom.Benchmarks.Pipeline;
using Fecom.Benchmarks.Serving;
using Fecom.Testing;

namespace Fecom.Benchmarks.Browsing;

/// <summary>
/// The console of a host with data, in a browser: what a first visit of each page takes, and what pages cost that stand open
/// while events come in, beside the same host with none.
/// </summary>
internal static class ConsoleBenchmark
{
    /// <summary>The stages, each of which can run alone.</summary>
    public static readonly string[] Stages = ["paint", "open"];

    private const int Visits = 3;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(30);

    /// <summary>More seconds than everything that is measured beside events takes.</summary>
    private const int FeedSeconds = 600;

    private static readonly string[] Pages =
    [
        "/",
        "/pipeline",
        "/invalid-events",
        "/dead-letters",
        "/features",
        "/models",
        "/recommendations",
        "/warehouse",
        "/jobs",
        "/audit",
    ];

    public static async Task<int> RunAsync(BenchmarkRun run, int events, int feed, int open)
    {
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using WholeHost host = await WholeHost.StartAsync(
            events,
            new StageKafka(real: null),
            postgres,
            redis,
            ("Training__TrainAfterFirstLoad", "false")
        );
        await host.LoadAsync();
        await ServingHost.PrepareAsync(host);
        await host.SettleAsync(feed * FeedSeconds);
        await using ConsoleBrowser browser = await ConsoleBrowser.StartAsync(host.Http.BaseAddress!);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"console: a host with {events:N0} events, {Environment.ProcessorCount} cores, the browser on this machine too"
            )
        );
        if (run.Wants("paint"))
        {
            await PaintAsync(run, browser);
        }

        if (run.Wants("open"))
        {
            await host.BesideAsync(feed, fromLine: 1, () => OpenAsync(run, host, browser, feed, open));
        }

        run.Finish();
        return 0;
    }

    private static async Task PaintAsync(BenchmarkRun run, ConsoleBrowser browser)
    {
        double paint = 0;
        double shown = 0;
        double size = 0;
        foreach (string page in Pages)
        {
            // Compiles what the page runs.
            await browser.VisitAsync(page);
            List<OpenedPage> visits = [];
            for (int i = 0; i < Visits; i++)
            {
                visits.Add(await browser.VisitAsync(page));
            }

            double pagePaint = Median(visits, visit => visit.PaintMs);
            double pageShown = Median(visits, visit => visit.ShownMs);
            double pageSize = visits.Max(visit => visit.KiB);
            string name = page == "/" ? "overview" : page[1..].Replace('-', '_');
            run.Report(
                $"paint_{name}_ms",
                pagePaint,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ms  first paint of {page}; its figures after {pageShown:0} ms; {pageSize:0} KiB"
                )
            );
            run.Keep($"shown_{name}_ms", pageShown);
            (paint, shown, size) = (Math.Max(paint, pagePaint), Math.Max(shown, pageShown), Math.Max(size, pageSize));
        }

        run.Report("paint_ms", paint, "ms  first paint of the slowest page (wanted: below 1,000)");
        run.Report("shown_ms", shown, "ms  until the slowest page shows its figures");
        run.Report("first_visit_kib", size, "KiB  of the largest first visit, as they came (wanted: below 400)");
    }

    private static async Task OpenAsync(BenchmarkRun run, WholeHost host, ConsoleBrowser browser, int feed, int open)
    {
        CpuShares before = await RestAsync(host);
        List<IAsyncDisposable> pages = [];
        for (int i = 0; i < open; i++)
        {
            pages.Add(await browser.OpenAsync(Pages[i % Pages.Length]));
        }

        CpuShares with = await RestAsync(host);
        foreach (IAsyncDisposable page in pages)
        {
            await page.DisposeAsync();
        }

        CpuShares after = await RestAsync(host);
        double none = (before.All + after.All) / 2;
        double hostNone = (before.Host + after.Host) / 2;
        run.Report(
            "no_page_cpu",
            none,
            string.Create(
                CultureInfo.InvariantCulture,
                $"of a core with no page, {feed:N0} events/s; before {before.All:P1}, after {after.All:P1}; host {hostNone:P1}"
            ),
            digits: 3
        );
        run.Report(
            "open_pages_cpu",
            with.All,
            string.Create(
                CultureInfo.InvariantCulture,
                $"of a core with {open} pages open; host {with.Host:P1}, PostgreSQL {with.Postgres:P1}, Redis {with.Redis:P1}"
            ),
            digits: 3
        );
        run.Keep("no_page_host_cpu", hostNone, 3);
        run.Keep("open_pages_host_cpu", with.Host, 3);
        run.Report(
            "open_pages_percent",
            100 * (with.All - none) / Environment.ProcessorCount,
            $"%  of all cores that {open} open pages cost (wanted: below 3)",
            digits: 2
        );
    }

    private static async Task<CpuShares> RestAsync(WholeHost host)
    {
        await Task.Delay(Settling);
        CpuMeter meter = host.Meter();
        await Task.Delay(Measuring);
        return meter.Stop();
    }

    private static double Median(List<OpenedPage> visits, Func<OpenedPage, double> figure) =>
        visits.Select(figure).Order().ElementAt(visits.Count / 2);
}
