using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Platform.Hosts;
using Fecom.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.IntegrationTests.Jobs;

/// <summary>Schedules are settings, and a setting that would not be heard is said.</summary>
public sealed class ScheduleTests(Servers servers)
{
    private const int TestTimeout = 60_000;

    private static TestJob Nightly => new("count", (_, _) => Task.CompletedTask, cron: "0 3 * * *");

    [Theory(Timeout = TestTimeout)]
    [InlineData(null, "0 3 * * *")]
    [InlineData("15 4 * * 1", "15 4 * * 1")]
    [InlineData("", null)]
    public async Task A_setting_changes_or_switches_off_what_a_job_begins_with(string? setting, string? expected)
    {
        (string, string)[] settings = setting is null ? [] : [("Jobs:count:Cron", setting)];
        await using JobHost host = await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [Nightly],
            settings
        );

        JsonElement job = (
            await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/jobs", TestContext.Current.CancellationToken)
        ).GetProperty("jobs")[0];

        Assert.Equal(expected, job.GetProperty("cron").GetString());
        Assert.Equal(expected is null, job.GetProperty("next_run").ValueKind == JsonValueKind.Null);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_job_without_a_schedule_is_started_in_the_dashboard_and_one_that_is_gone_is_not_listed_there()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (
            await JobHost.StartAsync(
                database,
                [Nightly, new TestJob("former", (_, _) => Task.CompletedTask, cron: "* * * * *")]
            )
        )
        {
            // Its schedule is in the database now.
        }

        TestJob job = new("count", (_, _) => Task.CompletedTask);
        await using JobHost host = await JobHost.StartAsync(database, [job]);
        Dashboard.Trigger(host, "count");

        await Poll.UntilEqualAsync(1, () => Task.FromResult(job.Begun), TimeSpan.FromSeconds(60), "runs that began");
        Assert.Equal(0, await host.AskAsync<int>("select count(*) from jobs.set where value = 'former'"));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(
        "Jobs:cuont:Cron",
        "0 3 * * *",
        "Jobs:cuont:Cron is set, but there is no such job. The jobs are count."
    )]
    [InlineData("Jobs:TrainingWorkers", "1000", "TrainingWorkers")]
    public async Task A_setting_that_means_nothing_keeps_the_host_from_starting(
        string key,
        string value,
        string complaint
    )
    {
        string database = await servers.Postgres.CreateDatabaseAsync();

        Exception e = await Assert.ThrowsAnyAsync<Exception>(async () =>
            await JobHost.StartAsync(database, [Nightly], (key, value))
        );

        // The second is read while the host is put together, before its options are.
        Assert.True(e is OptionsValidationException or StartException, e.GetType().Name);
        Assert.Contains(complaint, e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_schedule_that_cannot_be_read_is_named_with_its_setting()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();

        StartException e = await Assert.ThrowsAsync<StartException>(async () =>
            await JobHost.StartAsync(database, [Nightly], ("Jobs:count:Cron", "every night"))
        );

        Assert.StartsWith(
            "Jobs:count:Cron is 'every night', which is no cron expression.",
            e.Message,
            StringComparison.Ordinal
        );
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_schedule_that_somebody_set_holds_on_every_host_and_after_restarts_whatever_the_settings_say()
    {
        const string Set = "15 4 * * 1";
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (JobHost first = await JobHost.StartAsync(database, [Nightly]))
        {
            JsonElement answer = await PutAsync(first, new { cron = " 15  4 * * 1" });

            Assert.Equal(Set, answer.GetProperty("cron").GetString());
            Assert.Equal("0 3 * * *", answer.GetProperty("default_cron").GetString());
            Assert.StartsWith("API call from", answer.GetProperty("changed_by").GetString(), StringComparison.Ordinal);
            Assert.Equal(5, answer.GetProperty("next_runs").GetArrayLength());
            Assert.All(
                answer.GetProperty("next_runs").EnumerateArray(),
                time => Assert.Equal((DayOfWeek.Monday, 4, 15), Of(time.GetDateTime()))
            );
            await using JobHost second = await JobHost.StartAsync(
                database,
                [Nightly],
                ("Jobs:count:Cron", "0 5 * * *")
            );
            Assert.Equal(Set, await CronAsync(first));
            Assert.Equal(Set, await CronAsync(second));
        }

        await using JobHost third = await JobHost.StartAsync(database, [Nightly], ("Jobs:count:Cron", "0 5 * * *"));
        Assert.Equal(Set, await CronAsync(third));
        Assert.Equal(JsonValueKind.String, (await ScheduleAsync(third)).GetProperty("changed_at").ValueKind);

        using HttpResponseMessage reset = await third.Http.DeleteAsync(
            new Uri("/api/v1/jobs/schedules/count", UriKind.Relative),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
        Assert.Equal("0 5 * * *", await CronAsync(third));
        Assert.Equal(JsonValueKind.Null, (await ScheduleAsync(third)).GetProperty("changed_at").ValueKind);

        static (DayOfWeek, int, int) Of(DateTime time) => (time.DayOfWeek, time.Hour, time.Minute);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_paused_job_runs_on_demand_only_until_it_is_resumed_and_a_restart_does_not_resume_it()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (JobHost first = await JobHost.StartAsync(database, [Nightly]))
        {
            Assert.Empty((await PutAsync(first, new { enabled = false })).GetProperty("next_runs").EnumerateArray());
        }

        TestJob job = Nightly;
        await using JobHost host = await JobHost.StartAsync(database, [job]);
        Assert.Null(await CronAsync(host));
        JsonElement paused = await ScheduleAsync(host);
        Assert.Equal("0 3 * * *", paused.GetProperty("cron").GetString());
        Assert.False(paused.GetProperty("enabled").GetBoolean());
        await host.ReachedAsync("count", await host.RequestAsync("count"), "completed");

        await PutAsync(host, new { enabled = true });

        Assert.Equal("0 3 * * *", await CronAsync(host));
        JsonElement resumed = await ScheduleAsync(host);
        Assert.Equal(JsonValueKind.Null, resumed.GetProperty("changed_at").ValueKind);
        Assert.Equal("completed", resumed.GetProperty("last_run").GetProperty("state").GetString());
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_schedule_that_is_none_is_refused_by_its_field_and_nothing_changes()
    {
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [Nightly]);
        foreach (
            (string cron, string complaint) in new[]
            {
                ("every night", "'every night' is no schedule"),
                ("61 * * * *", "'61 * * * *' is no schedule"),
                ("0 3 * *", "It has five fields in UTC"),
                ("0 0 3 * * *", "It has five fields in UTC"),
                ("0 0 31 2 *", "falls on no date"),
                ("", "is no schedule"),
                (new string('*', 101), "At most 100 characters"),
            }
        )
        {
            using HttpResponseMessage answer = await host.Http.PutAsJsonAsync(
                "/api/v1/jobs/schedules/count",
                new { cron },
                Cancelled
            );

            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            JsonElement problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
            Assert.Contains(
                complaint,
                problem.GetProperty("errors").GetProperty("cron")[0].GetString(),
                StringComparison.Ordinal
            );
        }

        Assert.Equal("0 3 * * *", await CronAsync(host));
        using HttpResponseMessage unknown = await host.Http.PutAsJsonAsync(
            "/api/v1/jobs/schedules/cuont",
            new { cron = "0 3 * * *" },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_tables_of_the_scheduler_before_this_one_go()
    {
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (NpgsqlDataSource before = NpgsqlDataSource.Create(database))
        await using (
            NpgsqlCommand command = before.CreateCommand(
                """
                create schema jobs;
                create table jobs.qrtz_job_details (name text primary key);
                create table jobs.qrtz_triggers (name text references jobs.qrtz_job_details);
                """
            )
        )
        {
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using JobHost host = await JobHost.StartAsync(database, [Nightly]);

        Assert.Equal(0, await host.AskAsync<int>("select count(*) from pg_tables where tablename like 'qrtz%'"));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static async Task<JsonElement> PutAsync(JobHost host, object schedule)
    {
        using HttpResponseMessage answer = await host.Http.PutAsJsonAsync(
            "/api/v1/jobs/schedules/count",
            schedule,
            Cancelled
        );
        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.True(answer.IsSuccessStatusCode, body.ToString());
        return body;
    }

    private static async Task<JsonElement> ScheduleAsync(JobHost host) =>
        (await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/jobs/schedules", Cancelled))
            .GetProperty("schedules")
            .EnumerateArray()
            .Single();

    /// <summary>What the scheduler itself goes by.</summary>
    private static async Task<string?> CronAsync(JobHost host) =>
        (await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/jobs", Cancelled))
            .GetProperty("jobs")[0]
            .GetProperty("cron")
            .GetString();
}
