using System.Diagnostics;
using System.Globalization;
using Fecom.Benchmarks.Load;
using Fecom.Benchmarks.Pipeline;
using Fecom.Benchmarks.Serving;
using StackExchange.Redis;

namespace Fecom.Benchmarks.Browsing;

/// <summary>
/// What pages cost their host that people look at while events come in, of the processor and of the answers to visitors: times with
/// them and without them take turns, so that whatever else goes on falls on both, and the spread of each says what the difference is
/// worth. While something is measured the browser stands still: people have it on machines of their own, and on this one it would
/// take the host's cores away, which makes all that the host does dearer. The host does not notice: it reads and renders for each
/// page and sends it what is new; only that a page says so when it has drawn that waits until the browser runs again.
/// </summary>
internal sealed class OpenPages(BenchmarkRun run, WholeHost host, ConsoleBrowser browser, int feed, int count)
{
    private const int Rounds = 4;
    private const int OpenedAtOnce = 5;
    private const int Connections = 8;
    private const int RecommendationsPerSecond = 1_000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan CatchingUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Answering = TimeSpan.FromSeconds(12);

    private readonly List<Turn> _without = [];
    private readonly List<Turn> _with = [];

    /// <param name="pages">Addresses, which are opened in turn until there are enough.</param>
    /// <param name="redis">The host's Redis, whose sessions are asked for.</param>
    public async Task MeasureAsync(IReadOnlyList<string> pages, string redis)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis);
        ServingCalls calls = await ServingCalls.OfAsync(connection.GetServers()[0], connection.GetDatabase());
        await ServingHost.RankerAnswersAsync(host.Http.BaseAddress!, calls.Recommendations[0]);
        foreach (string page in pages)
        {
            // Compiles what the page runs.
            await using OpenPage first = await browser.OpenAsync(page);
        }

        await host.BesideAsync(feed, fromLine: 1, () => TakeTurnsAsync(pages, calls));
        Report();
    }

    private async Task TakeTurnsAsync(IReadOnlyList<string> pages, ServingCalls calls)
    {
        // Not counted: for half a minute the host compiles better what the pages and their calls run.
        await MeasureWithPagesAsync(pages, calls);
        _without.Add(await MeasureAsync(calls, []));
        for (int round = 0; round < Rounds; round++)
        {
            _with.Add(await MeasureWithPagesAsync(pages, calls));
            _without.Add(await MeasureAsync(calls, []));
        }
    }

    private async Task<Turn> MeasureWithPagesAsync(IReadOnlyList<string> pages, ServingCalls calls)
    {
        List<OpenPage> open = [];
        foreach (int[] some in Enumerable.Range(0, count).Chunk(OpenedAtOnce))
        {
            open.AddRange(await Task.WhenAll(some.Select(i => browser.OpenAsync(pages[i % pages.Count]))));
        }

        Turn turn = await MeasureAsync(calls, open);
        foreach (OpenPage page in open)
        {
            await page.DisposeAsync();
        }

        return turn;
    }

    private async Task<Turn> MeasureAsync(ServingCalls calls, IReadOnlyList<OpenPage> open)
    {
        await Task.Delay(Settling);
        long changes = open.Sum(page => page.Changes);
        long start = Stopwatch.GetTimestamp();
        CpuShares cpu = await browser.WhileStoppedAsync(WindowAsync);
        // Its acknowledgements go out, and its signs of life: the host lets a page go that gives none for half a minute.
        await Task.Delay(CatchingUp);
        double changesPerSecond =
            (open.Sum(page => page.Changes) - changes) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (OpenPage page in open)
        {
            await page.CheckIsSeenAsync();
        }

        LoadClient client = new(host.Http.BaseAddress!);
        LoadFigures closed = await browser.WhileStoppedAsync(() => Task.Run(() => AnswerInTurn(client, calls)));
        await Task.Delay(CatchingUp);
        LoadFigures due = await browser.WhileStoppedAsync(() =>
            Task.Run(() => client.Open(RecommendationsPerSecond, Answering, calls.Recommendations))
        );
        Turn turn = new(cpu, changesPerSecond, closed, due);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  a turn with {open.Count} pages: {turn.Cpu.All:P1} of a core, {turn.Closed.PerSecond:N0} recommendations/s, p99 {turn.Open.P99:0.00} ms"
            )
        );
        return turn;
    }

    private async Task<CpuShares> WindowAsync()
    {
        CpuMeter meter = host.Meter();
        await Task.Delay(Measuring);
        return meter.Stop();
    }

    private static LoadFigures AnswerInTurn(LoadClient client, ServingCalls calls)
    {
        client.Closed(Connections, Warming, calls.Recommendations);
        return client.Closed(Connections, Answering, calls.Recommendations);
    }

    private void Report()
    {
        Spread none = Spread.Of(_without.Select(turn => turn.Cpu.All));
        run.Report(
            "no_page_cpu",
            none.Median,
            string.Create(
                CultureInfo.InvariantCulture,
                $"of a core with no page, {feed:N0} events/s ({none.Range("P1")} in {_without.Count} turns); {Parts(_without)}"
            ),
            digits: 3
        );
        Spread open = Spread.Of(_with.Select(turn => turn.Cpu.All));
        run.Report(
            "open_pages_cpu",
            open.Median,
            string.Create(
                CultureInfo.InvariantCulture,
                $"of a core with {count} pages open ({open.Range("P1")} in {_with.Count} turns), {_with.Average(turn => turn.ChangesPerSecond):0.0} changes/s of what they show; {Parts(_with)}"
            ),
            digits: 3
        );
        run.Keep("no_page_host_cpu", _without.Average(turn => turn.Cpu.Host), 3);
        run.Keep("open_pages_host_cpu", _with.Average(turn => turn.Cpu.Host), 3);
        // Each turn with pages beside the two turns around it.
        Spread cost = Spread.Of(
            _with.Select(
                (turn, round) =>
                    100
                    * (turn.Cpu.All - ((_without[round].Cpu.All + _without[round + 1].Cpu.All) / 2))
                    / Environment.ProcessorCount
            )
        );
        run.Report(
            "open_pages_percent",
            cost.Median,
            string.Create(
                CultureInfo.InvariantCulture,
                $"%  of all cores that {count} open pages cost ({cost.Range("0.00")}; wanted: below 3)"
            ),
            digits: 2
        );
        Compare("recommendation_rps", "recommendations/s", turn => turn.Closed.PerSecond, "N0", digits: 0);
        Compare(
            "recommendation_p99_ms",
            string.Create(CultureInfo.InvariantCulture, $"ms  p99 at {RecommendationsPerSecond:N0}/s"),
            turn => turn.Open.P99,
            "0.00",
            digits: 2
        );
    }

    private void Compare(string key, string meaning, Func<Turn, double> figure, string format, int digits)
    {
        Spread none = Spread.Of(_without.Select(figure));
        Spread open = Spread.Of(_with.Select(figure));
        run.Report($"no_page_{key}", none.Median, $"{meaning} with no page ({none.Range(format)})", digits);
        run.Report(
            $"open_pages_{key}",
            open.Median,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{meaning} with {count} pages open ({open.Range(format)}): {open.Median / none.Median - 1:+0.0 %;-0.0 %}, {(none.Min <= open.Median && open.Median <= none.Max ? "within" : "outside")} the spread with none"
            ),
            digits
        );
    }

    private static string Parts(List<Turn> turns) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"host {turns.Average(turn => turn.Cpu.Host):P1}, PostgreSQL {turns.Average(turn => turn.Cpu.Postgres):P1}, Redis {turns.Average(turn => turn.Cpu.Redis):P1}"
        );

    private sealed record Turn(CpuShares Cpu, double ChangesPerSecond, LoadFigures Closed, LoadFigures Open);
}
