using System.Net.Http.Json;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Fecom.Testing;
using Microsoft.Playwright;

namespace Fecom.FunctionalTests;

/// <summary>The console as a person meets it: in a browser, against a host with real data.</summary>
public sealed class ConsoleTests(ConsoleHost console) : IClassFixture<ConsoleHost>
{
    private const int Wait = 60_000;

    /// <summary>A page that follows the host.</summary>
    private const string Live = "html[data-live='true']";

    private const int TestTimeout = 600_000;

    /// <summary>The other colours change nothing else.</summary>
    private static readonly AxeRunOptions Contrast = new()
    {
        RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast"] },
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Each page with something on it that only the sample's data can have put there.</summary>
    public static TheoryData<string, string> Pages =>
        new()
        {
            { "/?period=week", "Revenue by hour" },
            { "/pipeline", "file:sample.csv@" },
            { "/pipeline?group=bronze", "End of the log" },
            { "/recommendations?for=product&id=58916293", "visited together with 58916293" },
            { "/recommendations?view=rules", "exclude_bought" },
            { "/recommendations?view=experiments", "No experiments" },
            { "/models?model=purchase", "lightgbm" },
            { "/models?model=recommender", "hit rate 20" },
            { "/invalid-events", "No invalid events" },
            { "/dead-letters", "No dead letters" },
            { "/features?view=product&entity=58916293", "features are the same on both sides" },
            { "/warehouse", "fact_session" },
            { "/audit", "StartJobRun" },
            { "/warehouse?view=query&sql=select%201", "Sessions and revenue by day" },
            { "/jobs?job=train_recommender", "version 1 is the champion" },
        };

    [Theory(Timeout = TestTimeout)]
    [MemberData(nameof(Pages))]
    public async Task A_page_shows_the_shops_data_without_a_fault_and_for_everybody(string address, string known)
    {
        List<string> faults = [];
        IPage page = await OpenAsync(address, 1280, ColorScheme.Light, faults);

        await Assertions.Expect(page.Locator("main")).ToContainTextAsync(known, new() { Timeout = Wait });
        await Assertions.Expect(page.Locator("h1")).ToHaveCountAsync(1);
        AxeResult seen = await page.RunAxe();
        Assert.Empty(
            seen.Violations.Where(fault => fault.Impact is "serious" or "critical")
                .Select(fault => $"{fault.Id}: {string.Join(", ", fault.Nodes.Select(node => node.Html))}")
        );
        await SaveAsync(page, address, "1280-light");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        // However short, a transition ends with a frame; until then its colours are the light ones.
        await page.EvaluateAsync(
            "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
        );
        await SaveAsync(page, address, "1280-dark");
        seen = await page.RunAxe(Contrast);
        Assert.Empty(seen.Violations.SelectMany(fault => fault.Nodes.Select(node => node.Html)));
        await page.SetViewportSizeAsync(360, 800);
        await SaveAsync(page, address, "360-dark");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await SaveAsync(page, address, "360-light");
        Assert.False(
            await page.EvaluateAsync<bool>(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            ),
            "The page is wider than the screen."
        );
        Assert.Empty(faults);
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_job_that_is_started_on_its_page_runs()
    {
        long before = await NewestRunAsync("load_files");
        IPage page = await OpenAsync("/jobs", 1280, ColorScheme.Light, []);

        await page.GetByRole(AriaRole.Button, new() { Name = "Start load_files" }).ClickAsync(new() { Timeout = Wait });

        await Assertions
            .Expect(page.Locator(".mud-snackbar"))
            .ToContainTextAsync("load_files: run", new() { Timeout = Wait });
        await Poll.UntilAsync(
            async () => await NewestRunAsync("load_files") > before,
            TimeSpan.FromSeconds(60),
            "the job was not started"
        );
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_feature_whose_stores_differ_is_marked_with_both_values()
    {
        const string product = "37326829";
        await console.ExecuteAsync($"update bronze.event set price = price + 1 where product_id = '{product}'");
        IPage page = await OpenAsync($"/features?view=product&entity={product}", 1280, ColorScheme.Light, []);

        ILocator differing = page.Locator("#entity tr.differs");

        await Assertions
            .Expect(differing.Filter(new() { HasText = "price" }).First)
            .ToContainTextAsync("differs", new() { Timeout = Wait });
        await Assertions.Expect(page.Locator("#entity")).ToContainTextAsync("features differ");
        await console.ExecuteAsync($"update bronze.event set price = price - 1 where product_id = '{product}'");
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Rules_are_seen_at_work_before_they_are_set()
    {
        IPage page = await OpenAsync(
            "/recommendations?view=rules&for=product&id=58916293",
            1280,
            ColorScheme.Light,
            []
        );
        JsonElement before = await SimilarAsync();
        string first = before.GetProperty("items")[0].GetProperty("product_id").GetString()!;
        await page.Locator("textarea")
            .FillAsync(
                $$"""{"rules":[{"name":"recall","action":"exclude","products":["{{first}}"]}]}""",
                new() { Timeout = Wait }
            );

        await page.Locator("#preview button[type=submit]").ClickAsync();

        ILocator preview = page.Locator("#preview");
        await Assertions
            .Expect(preview.Locator("tbody tr").First)
            .ToContainTextAsync("kept out by recall", new() { Timeout = Wait });
        await Assertions.Expect(preview).ToContainTextAsync("1 left, 1 added");
        Assert.Equal(before.GetProperty("items").ToString(), (await SimilarAsync()).GetProperty("items").ToString());
        await page.Context.CloseAsync();
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("/swagger", "Back to the console", true)]
    [InlineData("/hangfire", "Back to site", false)]
    public async Task From_other_pages_of_the_host_the_console_is_one_click_away(
        string address,
        string link,
        bool opensTab
    )
    {
        IPage page = await console.Browser.NewPageAsync();
        await page.GotoAsync($"{console.Address}{address}");

        ILocator way = page.GetByRole(AriaRole.Link, new() { Name = link });
        await Assertions.Expect(way).ToBeVisibleAsync(new() { Timeout = Wait });
        IPage shown = opensTab ? await page.RunAndWaitForPopupAsync(() => way.ClickAsync()) : page;
        if (!opensTab)
        {
            await way.ClickAsync();
        }

        await Assertions.Expect(shown.Locator("h1")).ToHaveTextAsync("Overview", new() { Timeout = Wait });
        await page.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Gold_is_asked_by_each_example_and_by_a_statement_of_ones_own_and_saved()
    {
        List<string> faults = [];
        IPage page = await OpenAsync("/warehouse?view=query", 1280, ColorScheme.Light, faults);
        ILocator result = page.Locator("#result");
        foreach (string example in await page.Locator(".examples button").AllInnerTextsAsync())
        {
            await page.GetByRole(AriaRole.Button, new() { Name = example }).ClickAsync(new() { Timeout = Wait });
            await Assertions.Expect(result.Locator("tbody tr")).Not.ToHaveCountAsync(0, new() { Timeout = Wait });
            await Assertions.Expect(page.Locator(".state.failed")).ToHaveCountAsync(0);
        }

        ILocator statement = page.Locator("textarea");
        await statement.FillAsync(
            "select outcome, count(*) as lines, '\"a\", b' as text from fact_cart group by 1 order by 2 desc"
        );
        await statement.PressAsync("Control+Enter");
        await Assertions.Expect(result.Locator("tbody tr")).ToHaveCountAsync(4, new() { Timeout = Wait });
        Assert.Contains("sql=select%20outcome", page.Url, StringComparison.Ordinal);
        IDownload file = await page.RunAndWaitForDownloadAsync(() =>
            page.GetByRole(AriaRole.Button, new() { Name = "Save as CSV" }).ClickAsync()
        );
        Assert.StartsWith(
            "outcome,lines,text\r\nabandoned,472,\"\"\"a\"\", b\"\r\n",
            await File.ReadAllTextAsync(await file.PathAsync(), Cancelled),
            StringComparison.Ordinal
        );

        await statement.FillAsync("select\n  nothing from fact_cart");
        await statement.PressAsync("Control+Enter");
        await Assertions
            .Expect(page.Locator(".state.failed"))
            .ToContainTextAsync("(line 2, column 3)", new() { Timeout = Wait });
        Assert.Empty(faults);
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_schedule_is_changed_paused_resumed_and_given_back_on_the_page_of_its_job()
    {
        IPage page = await OpenAsync("/jobs?job=forget_events", 1280, ColorScheme.Light, []);
        ILocator schedule = page.Locator("#schedule");
        ILocator cron = schedule.Locator("input");
        ILocator set = schedule.GetByRole(AriaRole.Button, new() { Name = "Set", Exact = true });
        await cron.FillAsync("99 3 * * *", new() { Timeout = Wait });
        await set.ClickAsync();
        await Assertions
            .Expect(schedule.GetByRole(AriaRole.Alert))
            .ToContainTextAsync("is no schedule", new() { Timeout = Wait });

        await cron.FillAsync("30 3 * * 1");
        await set.ClickAsync();
        await Assertions.Expect(schedule.Locator("code")).ToHaveTextAsync("30 3 * * 1", new() { Timeout = Wait });
        await Assertions.Expect(schedule).ToContainTextAsync("set by API call from");
        await Assertions.Expect(schedule.Locator("p time")).ToHaveCountAsync(6);

        ILocator pause = page.GetByRole(AriaRole.Button, new() { Name = "Pause forget_events" });
        await pause.ScrollIntoViewIfNeededAsync();
        float height = (await pause.BoundingBoxAsync())!.Height;
        await pause.HoverAsync();
        Assert.Equal(height, (await pause.BoundingBoxAsync())!.Height);
        await pause.ClickAsync();
        await Assertions.Expect(schedule.Locator(".badge")).ToHaveTextAsync("paused", new() { Timeout = Wait });
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume forget_events" }).ClickAsync();
        await Assertions.Expect(schedule.Locator(".badge")).ToHaveCountAsync(0, new() { Timeout = Wait });

        await schedule.GetByRole(AriaRole.Button, new() { Name = "As the settings say" }).ClickAsync();
        await Assertions.Expect(schedule.Locator("code")).ToHaveTextAsync("40 4 * * *", new() { Timeout = Wait });
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_page_that_nobody_sees_reads_nothing_and_is_current_when_it_is_seen_again()
    {
        const string address = "/jobs?job=forget_events";
        IPage seen = await OpenAsync(address, 1280, ColorScheme.Light, []);
        IPage hidden = await OpenAsync(address, 1280, ColorScheme.Light, []);
        ILocator seenCron = seen.Locator("#schedule code");
        ILocator hiddenCron = hidden.Locator("#schedule code");
        await Assertions.Expect(hiddenCron).ToHaveTextAsync("40 4 * * *", new() { Timeout = Wait });
        await ShowAsync(hidden, shown: false);
        // The host answers one page's messages in their order.
        await hidden.EvaluateAsync("document.querySelector('.menu-button').click()");
        await Assertions
            .Expect(hidden.Locator(".menu-button"))
            .ToHaveAttributeAsync("aria-expanded", "true", new() { Timeout = Wait });

        // Two changes, since pages that are seen follow within a second of each other.
        foreach (string cron in (string[])["31 3 * * 1", "32 3 * * 1"])
        {
            using HttpResponseMessage set = await console.Http.PutAsJsonAsync(
                "/api/v1/jobs/schedules/forget_events",
                new { cron },
                Cancelled
            );
            set.EnsureSuccessStatusCode();
            await Assertions.Expect(seenCron).ToHaveTextAsync(cron, new() { Timeout = Wait });
        }

        await Assertions.Expect(hiddenCron).ToHaveTextAsync("40 4 * * *");
        await ShowAsync(hidden, shown: true);
        await Assertions.Expect(hiddenCron).ToHaveTextAsync("32 3 * * 1", new() { Timeout = Wait });
        using HttpResponseMessage back = await console.Http.DeleteAsync(
            new Uri("/api/v1/jobs/schedules/forget_events", UriKind.Relative),
            Cancelled
        );
        back.EnsureSuccessStatusCode();
        await seen.Context.CloseAsync();
        await hidden.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_language_is_chosen_and_remembered()
    {
        IPage page = await OpenAsync("/jobs", 1280, ColorScheme.Light, []);

        await page.GetByTitle("Language").SelectOptionAsync("vi");

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Tác vụ", new() { Timeout = Wait });
        await page.GotoAsync($"{console.Address}/");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Tổng quan", new() { Timeout = Wait });
        Assert.Equal("vi", await page.Locator("html").GetAttributeAsync("lang"));
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_page_comes_back_by_itself_after_its_host_was_killed()
    {
        IPage page = await OpenAsync("/jobs?job=train_recommender", 1280, ColorScheme.Light, []);
        await Assertions.Expect(page.Locator("#runs")).ToContainTextAsync("version 1", new() { Timeout = Wait });
        await page.EvaluateAsync("document.documentElement.dataset.before = 'true'");

        await console.RestartAsync();

        await page.WaitForSelectorAsync(
            $"{Live}:not([data-before])",
            new() { State = WaitForSelectorState.Attached, Timeout = 2 * Wait }
        );
        await Assertions.Expect(page.Locator("#runs")).ToContainTextAsync("version 1", new() { Timeout = Wait });
        await page.Context.CloseAsync();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_first_visit_loads_less_than_400_KiB()
    {
        IBrowserContext context = await console.Browser.NewContextAsync();
        IPage page = await context.NewPageAsync();
        List<IResponse> answers = [];
        page.Response += (_, answer) => answers.Add(answer);
        await page.GotoAsync($"{console.Address}/", new() { WaitUntil = WaitUntilState.NetworkIdle });

        int bytes = 0;
        foreach (IResponse answer in answers)
        {
            Assert.InRange(answer.Status, 100, 399);
            RequestSizesResult size = await answer.Request.SizesAsync();
            bytes += size.ResponseBodySize + size.ResponseHeadersSize;
        }

        Assert.InRange(answers.Count, 5, 20);
        Assert.InRange(bytes, 50 * 1_024, 400 * 1_024);
        await context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(string address, int width, ColorScheme scheme, List<string> faults)
    {
        IBrowserContext context = await console.Browser.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = 900 },
                ColorScheme = scheme,
                TimezoneId = "Asia/Ho_Chi_Minh",
                Locale = "en-GB",
                ReducedMotion = ReducedMotion.Reduce,
            }
        );
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                faults.Add(message.Text);
            }
        };
        page.PageError += (_, error) => faults.Add(error);
        await page.GotoAsync($"{console.Address}{address}");
        await page.WaitForSelectorAsync(Live, new() { State = WaitForSelectorState.Attached, Timeout = Wait });
        return page;
    }

    /// <summary>A headless browser shows all its tabs: the page is told what a browser tells it of a tab in the background.</summary>
    private static Task ShowAsync(IPage page, bool shown) =>
        page.EvaluateAsync(
            """
            shown => {
              Object.defineProperty(document, "hidden", { value: !shown, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }
            """,
            shown
        );

    /// <summary>For who wants to look at the pages: FECOM_SCREENSHOTS=yes ./fecom test ConsoleTests. They take longer than all that is tested.</summary>
    private static async Task SaveAsync(IPage page, string address, string kind)
    {
        if (Environment.GetEnvironmentVariable("FECOM_SCREENSHOTS") is null)
        {
            return;
        }

        string name = new([.. address.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')]);
        await page.ScreenshotAsync(
            new() { Path = $"{Repository.Root}/artifacts/console/{name.Trim('-')}-{kind}.png", FullPage = true }
        );
    }

    private Task<JsonElement> SimilarAsync() =>
        console.Http.GetFromJsonAsync<JsonElement>(
            "/api/v1/recommendations/products/58916293/similar?count=10",
            Cancelled
        );

    private async Task<long> NewestRunAsync(string job)
    {
        JsonElement runs = await console.Http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/jobs/{job}/runs?limit=1",
            Cancelled
        );
        return runs.GetProperty("runs")
            .EnumerateArray()
            .Select(run => run.GetProperty("id").GetInt64())
            .FirstOrDefault();
    }
}
