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

    /// <summary>More seconds than everything that is measured beside events takes.</summary>
    private const int FeedSeconds = 900;

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
            ("Training__TrainAfterFirstLoad", "false"),
            // A load of the warehouse costs more of the processor than all pages: it is not to fall into one turn and not into another.
            ("Jobs__load_warehouse__Cron", ""),
            ("Jobs__write_lake__Cron", "")
        );
        await host.LoadAsync();
        await ServingHost.PrepareAsync(host);
        await ServingHost.RunJobAsync(host.Http, "load_warehouse");
        await host.SettleAsync(feed * FeedSeconds);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"console: a host with {events:N0} events, {Environment.ProcessorCount} cores, the browser on this machine too"
            )
        );
        if (run.Wants("paint"))
        {
            await using ConsoleBrowser browser = await ConsoleBrowser.StartAsync(host.Http.BaseAddress!);
            await PaintAsync(run, browser);
        }

        if (run.Wants("open"))
        {
            await using ConsoleBrowser browser = await ConsoleBrowser.StartAsync(host.Http.BaseAddress!);
            await new OpenPages(run, host, browser, feed, open).MeasureAsync(Pages, redis.ConnectionString);
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

    private static double Median(List<OpenedPage> visits, Func<OpenedPage, double> figure) =>
        visits.Select(figure).Order().ElementAt(visits.Count / 2);
}
