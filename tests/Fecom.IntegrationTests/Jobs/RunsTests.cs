using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Jobs;

/// <summary>Runs over HTTP: asked for, followed, one at a time, tried again, and not done twice for one wish.</summary>
public sealed class RunsTests(Servers servers)
{
    private const int TestTimeout = 60_000;

    /// <summary>Hangfire's provider of logs is that of the host which was made last.</summary>
    [Fact(Timeout = TestTimeout)]
    public async Task A_host_runs_its_jobs_when_another_of_the_same_process_is_gone()
    {
        TestJob job = new("work", (_, _) => Task.CompletedTask);
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);
        await using (await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [])) { }

        await host.ReachedAsync("work", await host.RequestAsync("work"), "completed");
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_run_that_is_started_is_followed_at_the_address_that_the_answer_gives()
    {
        TaskCompletionSource reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestJob job = new(
            "count",
            async (run, token) =>
            {
                await run.ReportAsync("read 120,000 of 1,000,000 events", 0.12, token);
                reported.SetResult();
                await goOn.Task.WaitAsync(token);
            },
            cron: "0 3 * * *"
        );
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);

        using HttpResponseMessage answer = await host.Http.PostAsync(
            "/api/v1/jobs/count/runs",
            null,
            TestContext.Current.CancellationToken
        );
        JsonElement started = await answer.Content.ReadFromJsonAsync<JsonElement>(
            TestContext.Current.CancellationToken
        );
        await reported.Task.WaitAsync(TestContext.Current.CancellationToken);
        JsonElement running = await host.Http.GetFromJsonAsync<JsonElement>(
            answer.Headers.Location,
            TestContext.Current.CancellationToken
        );
        goOn.SetResult();
        JsonElement ended = await host.ReachedAsync("count", started.GetProperty("id").GetInt64(), "completed");
        JsonElement jobs = await host.Http.GetFromJsonAsync<JsonElement>(
            "/api/v1/jobs",
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("running", running.GetProperty("state").GetString());
        Assert.Equal("read 120,000 of 1,000,000 events", running.GetProperty("progress").GetString());
        Assert.Equal(0.12, running.GetProperty("share").GetDouble());
        Assert.Equal(JsonValueKind.Null, running.GetProperty("duration_seconds").ValueKind);
        Assert.InRange(ended.GetProperty("duration_seconds").GetDouble(), 0, 60);
        JsonElement listed = jobs.GetProperty("jobs")[0];
        Assert.Equal("0 3 * * *", listed.GetProperty("cron").GetString());
        Assert.Equal(3, listed.GetProperty("next_run").GetDateTime().ToUniversalTime().Hour);
        Assert.Equal("completed", listed.GetProperty("last_run").GetProperty("state").GetString());
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_job_or_a_run_that_is_not_there_is_said()
    {
        await using JobHost host = await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [new TestJob("count", (_, _) => Task.CompletedTask)]
        );

        using HttpResponseMessage unknown = await host.Http.PostAsync(
            "/api/v1/jobs/cuont/runs",
            null,
            TestContext.Current.CancellationToken
        );
        using HttpResponseMessage run = await host.Http.GetAsync(
            "/api/v1/jobs/count/runs/17",
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains(
            "The jobs are count.",
            await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.NotFound, run.StatusCode);
        Assert.Contains(
            "no run 17",
            await run.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Whatever_is_asked_for_while_a_run_is_under_way_becomes_one_run_after_it()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestJob job = new(
            "count",
            async (_, token) =>
            {
                begun.TrySetResult();
                await goOn.Task.WaitAsync(token);
            }
        );
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using JobHost one = await JobHost.StartAsync(database, [job], ("Jobs:DefaultWorkers", "2"));
        await using JobHost other = await JobHost.StartAsync(database, [job], ("Jobs:DefaultWorkers", "2"));

        long first = await one.RequestAsync("count");
        await begun.Task.WaitAsync(TestContext.Current.CancellationToken);
        long[] asked = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? one : other).RequestAsync("count"))
        );
        // They have had their turn refused, and no worker is held: another run would begin.
        await Poll.UntilAsync(
            async () =>
                (await one.RunsAsync("count")).Any(run =>
                    run.GetProperty("reason")
                        .GetString()
                        ?.Contains($"Run {first} of count is under way", StringComparison.Ordinal) == true
                ),
            TimeSpan.FromSeconds(60),
            "no run was put off"
        );
        Assert.Equal(1, job.Begun);
        goOn.SetResult();

        foreach (long run in asked.Distinct())
        {
            await Poll.UntilAsync(
                async () =>
                    (await one.RunAsync("count", run)).GetProperty("state").GetString() is "completed" or "not_needed",
                TimeSpan.FromSeconds(60),
                $"run {run} did not end"
            );
        }

        Assert.Equal(2, job.Begun);
        Assert.Equal(1, job.MaxConcurrency);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_run_that_nobody_needs_any_more_says_so_and_meets_no_other_wish()
    {
        TestJob job = new(
            "count",
            (run, _) => run.OnlyIfNeeded ? throw new RunNotNeededException("There is a champion.") : Task.CompletedTask
        );
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);

        JsonElement conditional = await host.ReachedAsync(
            "count",
            await host.RequestAsync("count", onlyIfNeeded: true),
            "not_needed"
        );
        await host.ReachedAsync("count", await host.RequestAsync("count"), "completed");

        Assert.Equal("There is a champion.", conditional.GetProperty("reason").GetString());
        Assert.Equal(2, job.Begun);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public async Task A_run_that_fails_is_tried_again_as_often_as_its_job_says(int retries, int tries)
    {
        TestJob job = new("count", (_, _) => throw new InvalidDataException("The file is cut off."), retries);
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);

        long run = await host.RequestAsync("count");
        if (retries > 0)
        {
            await Poll.UntilAsync(
                async () =>
                    (await host.RunAsync("count", run))
                        .GetProperty("reason")
                        .GetString()
                        ?.StartsWith("Retry attempt 1", StringComparison.Ordinal) == true,
                TimeSpan.FromSeconds(60),
                "no retry was planned"
            );
            // Who asks again does not wait for it.
            Assert.Equal(run, await host.RequestAsync("count"));
        }

        JsonElement failed = await host.ReachedAsync("count", run, "failed");

        Assert.Equal(tries, job.Begun);
        Assert.Equal("The file is cut off.", failed.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("System.IO.InvalidDataException", failed.GetProperty("error").GetProperty("type").GetString());
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_failure_is_not_hidden_by_a_newer_run_that_was_not_needed()
    {
        TestJob job = new("count", (_, _) => throw new InvalidDataException("The file is cut off."));
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);
        long run = await host.RequestAsync("count");
        await host.ReachedAsync("count", run, "failed");
        // As a schedule leaves one when another run waits to begin already.
        await using NpgsqlCommand add = host.Database.CreateCommand(
            """
            with added as (
                insert into jobs.job (statename, invocationdata, arguments, createdat) values ('Deleted', '{}', '[]', now()) returning id)
            insert into jobs.run (id, job, requested, only_if_needed) select id, 'count', nextval('jobs.moment'), true from added
            """
        );
        await add.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        RunTable runs = host.Services.GetRequiredService<RunTable>();

        RunRow ended = Assert.Single(await runs.LastEndedAsync(TestContext.Current.CancellationToken));
        Assert.Equal((run, "Failed"), (ended.Id, ended.State));
        RunRow newest = Assert.Single(await runs.NewestAsync(TestContext.Current.CancellationToken));
        Assert.Equal(run, newest.Id);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_run_that_ended_and_is_queued_again_in_the_dashboard_runs_again()
    {
        TestJob job = new("count", (_, _) => Task.CompletedTask);
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);
        long run = await host.RequestAsync("count");
        await host.ReachedAsync("count", run, "completed");

        Dashboard.Requeue(host, run);

        await Poll.UntilEqualAsync(2, () => Task.FromResult(job.Begun), TimeSpan.FromSeconds(60), "runs that began");
        await host.ReachedAsync("count", run, "completed");
    }
}
