using System.Net;
using Microsoft.Playwright;

namespace Fecom.IntegrationTests.Jobs;

/// <summary>The dashboard as a person meets it, and who meets it at all.</summary>
public sealed class DashboardTests(Servers servers)
{
    private const int TestTimeout = 120_000;

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

    [Fact(Timeout = TestTimeout)]
    public async Task A_person_starts_a_job_sees_how_far_it_is_watches_it_succeed_and_deletes_one_that_runs()
    {
        string chromium = Chromium();
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestJob quick = new(
            "train_recommender",
            async (run, token) =>
            {
                await run.ReportAsync("read 120,000 of 1,000,000 events", 0.12, token);
                await goOn.Task.WaitAsync(token);
                await run.ReportAsync("version 1 is the champion: the first version", 1, token);
            },
            cron: "30 3 * * *"
        );
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestJob endless = new(
            "train_purchase_model",
            async (_, token) =>
            {
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                }
                finally
                {
                    stopped.SetResult();
                }
            }
        );
        await using JobHost host = await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [quick, endless],
            ("Jobs:DefaultWorkers", "2")
        );
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = chromium, Args = BrowserArguments }
        );
        IPage page = await browser.NewPageAsync();

        await page.GotoAsync($"http://localhost:{host.Port}/hangfire/recurring");
        Assert.Contains("Fecom", await page.TitleAsync(), StringComparison.Ordinal);
        Assert.Equal("/", await page.Locator("a", new() { HasText = "Back to site" }).GetAttributeAsync("href"));
        await TriggerAsync(page, "train_recommender");
        long run = await host.OnlyRunAsync("train_recommender");
        await page.GotoAsync($"http://localhost:{host.Port}/hangfire/jobs/details/{run}");
        await Assertions.Expect(page.Locator("#run-progress")).ToHaveTextAsync("read 120,000 of 1,000,000 events");
        await Assertions.Expect(page.Locator(".progress-bar")).ToHaveTextAsync("12%");
        await SaveAsync(page, "running");

        goOn.SetResult();
        // The page looks again by itself.
        await Assertions
            .Expect(page.Locator(".state-card-title").First)
            .ToContainTextAsync("Succeeded", new() { Timeout = 20_000 });
        await Assertions.Expect(page.Locator("#run-progress")).ToContainTextAsync("is the champion");
        await SaveAsync(page, "succeeded");

        await page.GotoAsync($"http://localhost:{host.Port}/hangfire/recurring");
        await TriggerAsync(page, "train_purchase_model");
        long second = await host.OnlyRunAsync("train_purchase_model");
        await host.ReachedAsync("train_purchase_model", second, "running");
        await page.GotoAsync($"http://localhost:{host.Port}/hangfire/jobs/details/{second}");
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Assertions
            .Expect(page.Locator(".state-card-title").First)
            .ToContainTextAsync("Deleted", new() { Timeout = 20_000 });
        await SaveAsync(page, "deleted");
        await page.GotoAsync($"http://localhost:{host.Port}/hangfire/recurring");
        await SaveAsync(page, "recurring");

        Assert.Equal(
            "cancelled",
            (await host.RunAsync("train_purchase_model", second)).GetProperty("state").GetString()
        );
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("", HttpStatusCode.Unauthorized, false)]
    [InlineData("viewer", HttpStatusCode.OK, false)]
    [InlineData("operator", HttpStatusCode.OK, true)]
    public async Task A_person_sees_and_does_what_their_role_allows(
        string role,
        HttpStatusCode expected,
        bool mayTrigger
    )
    {
        await using JobHost host = await StartAsync((JobHost.RoleSetting, role));

        using HttpResponseMessage answer = await host.Http.GetAsync(
            "/hangfire/recurring",
            TestContext.Current.CancellationToken
        );
        string page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(mayTrigger, page.Contains("/recurring/trigger", StringComparison.Ordinal));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_call_without_the_pages_token_starts_nothing()
    {
        await using JobHost host = await StartAsync();
        using FormUrlEncodedContent form = new([KeyValuePair.Create("jobs[]", "count")]);

        using HttpResponseMessage answer = await host.Http.PostAsync(
            "/hangfire/recurring/trigger",
            form,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(await host.RunsAsync("count"));
    }

    private async Task<JobHost> StartAsync(params (string, string)[] settings) =>
        await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [new TestJob("count", (_, _) => Task.CompletedTask)],
            settings
        );

    /// <summary>The page loads itself again once the job has been started: who goes elsewhere before is called back.</summary>
    private static async Task TriggerAsync(IPage page, string job)
    {
        await page.Locator($"input[type=checkbox][value={job}]").CheckAsync();
        await page.EvaluateAsync("() => { window.isBeforeReload = true; }");
        await page.GetByRole(AriaRole.Button, new() { Name = "Trigger now" }).ClickAsync();
        // The page loads itself again: until its new document is there, another address would be refused.
        await page.WaitForFunctionAsync("() => !window.isBeforeReload && document.readyState === 'complete'");
    }

    private static string Chromium()
    {
        string? found = (
            (string[])["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        ).FirstOrDefault(File.Exists);
        if (found is null && Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip("there is no chromium: apt-get install chromium");
        }

        return found ?? throw new InvalidOperationException("There is no chromium: apt-get install chromium.");
    }

    /// <summary>For a person to look at: in the folder that FECOM_SCREENSHOTS names.</summary>
    private static async Task SaveAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("FECOM_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"jobs-{name}.png"), FullPage = true });
        }
    }
}
