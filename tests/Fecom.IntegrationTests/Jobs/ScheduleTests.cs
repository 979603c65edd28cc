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
}
