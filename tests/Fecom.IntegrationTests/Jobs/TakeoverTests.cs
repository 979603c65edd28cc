using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Jobs;

/// <summary>A run begins once, whatever becomes of the host that has it, and goes on elsewhere when that host is gone. A takeover comes after 3 s here.</summary>
public sealed class TakeoverTests(Servers servers)
{
    private const int TestTimeout = 120_000;

    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact(Timeout = TestTimeout)]
    public async Task A_run_that_takes_longer_than_a_takeover_begins_once()
    {
        TestJob job = new("count", (_, token) => _goOn.Task.WaitAsync(token));
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using JobHost one = await JobHost.StartAsync(database, [job]);
        await using JobHost other = await JobHost.StartAsync(database, [job]);
        long run = await one.RequestAsync("count");

        await LastsAsync(one, run, seconds: 9);
        _goOn.SetResult();
        await one.ReachedAsync("count", run, "completed");

        Assert.Equal(1, job.Begun);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Runs_of_a_job_that_asks_for_it_are_under_way_side_by_side_and_end_on_their_own()
    {
        TestJob job = new("count", (_, token) => _goOn.Task.WaitAsync(token), sideBySide: true);
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using JobHost one = await JobHost.StartAsync(database, [job]);
        await using JobHost other = await JobHost.StartAsync(database, [job]);

        long first = await one.RequestAsync("count");
        await BegunAsync(job, 1);
        long second = await one.RequestAsync("count");
        await BegunAsync(job, 2);
        Assert.NotEqual(first, second);
        Assert.Equal("running", (await one.RunAsync("count", first)).GetProperty("state").GetString());
        _goOn.SetResult();
        await one.ReachedAsync("count", first, "completed", seconds: 60);
        await one.ReachedAsync("count", second, "completed", seconds: 60);

        Assert.Equal(2, job.MaxConcurrency);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_host_without_a_core_to_spare_keeps_its_run()
    {
        TestJob job = new("count", (_, token) => _goOn.Task.WaitAsync(token));
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using JobHost one = await JobHost.StartAsync(database, [job]);
        await using JobHost other = await JobHost.StartAsync(database, [job]);
        long run = await one.RequestAsync("count");
        await BegunAsync(job, 1);
        using CancellationTokenSource load = new();
        Thread[] spinning =
        [
            .. Enumerable
                .Range(0, Environment.ProcessorCount * 2)
                .Select(_ => new Thread(() => Spin(load.Token)) { IsBackground = true }),
        ];

        Array.ForEach(spinning, thread => thread.Start());
        try
        {
            await LastsAsync(one, run, seconds: 9);
        }
        finally
        {
            await load.CancelAsync();
            Array.ForEach(spinning, thread => thread.Join());
        }

        _goOn.SetResult();
        await one.ReachedAsync("count", run, "completed");
        Assert.Equal(1, job.Begun);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_host_that_is_taken_for_dead_lets_go_before_another_begins()
    {
        int begun = 0;
        TestJob job = new(
            "count",
            (_, token) => Interlocked.Increment(ref begun) == 1 ? _goOn.Task.WaitAsync(token) : Task.CompletedTask
        );
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using JobHost one = await JobHost.StartAsync(database, [job]);
        long run = await one.RequestAsync("count");
        await BegunAsync(job, 1);
        await using JobHost other = await JobHost.StartAsync(database, [job]);

        // What other hosts see of one whose signs of life are late.
        await one.ExecuteAsync(
            "update jobs.jobqueue set fetchedat = now() - interval '1 hour' where jobid = @run",
            new { run }
        );
        await one.ReachedAsync("count", run, "completed", seconds: 60);

        Assert.Equal(2, job.Begun);
        Assert.Equal(1, job.MaxConcurrency);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_host_that_does_not_answer_does_not_keep_its_run()
    {
        TestJob job = new("count", (_, _) => Task.CompletedTask);
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using JobHost host = await JobHost.StartAsync(database, [job]);
        // The next run has the next number; it was begun by a host that stands still with its connection open.
        await host.ReachedAsync("count", await host.RequestAsync("count"), "completed");
        await using NpgsqlDataSource elsewhere = NpgsqlDataSource.Create(database);
        await using NpgsqlConnection hung = await elsewhere.OpenConnectionAsync(TestContext.Current.CancellationToken);
        Assert.True(
            await AdvisoryLock.TryTakeAsync(
                elsewhere,
                hung,
                JobLocks.KeyOf("count"),
                TestContext.Current.CancellationToken
            )
        );
        await host.ExecuteAsync("update jobs.latest_run set run = run + 1 where job = 'count'");

        long run = await host.RequestAsync("count");
        await host.ReachedAsync("count", run, "completed", seconds: 60);

        Assert.Equal(2, job.Begun);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_run_goes_on_when_PostgreSQL_cuts_its_connections()
    {
        TestJob job = new("count", (_, token) => _goOn.Task.WaitAsync(token));
        await using JobHost host = await JobHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), [job]);
        long run = await host.RequestAsync("count");
        await BegunAsync(job, 1);
        int before = await HolderAsync(host);

        await host.ExecuteAsync("select pg_terminate_backend(@before)", new { before });
        await Poll.UntilAsync(
            async () => await HolderAsync(host) is var now && now != 0 && now != before,
            TimeSpan.FromSeconds(60),
            "the turn was not taken again"
        );
        _goOn.SetResult();
        await host.ReachedAsync("count", run, "completed");

        Assert.Equal(1, job.Begun);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_host_that_stops_hands_its_run_over_at_once()
    {
        int begun = 0;
        TestJob job = new(
            "count",
            (_, token) => Interlocked.Increment(ref begun) == 1 ? _goOn.Task.WaitAsync(token) : Task.CompletedTask
        );
        string database = await servers.Postgres.CreateDatabaseAsync();
        (string, string) late = ("Jobs:TakeoverSeconds", "600");
        JobHost one = await JobHost.StartAsync(database, [job], late);
        long run = await one.RequestAsync("count");
        await BegunAsync(job, 1);
        await using JobHost other = await JobHost.StartAsync(database, [job], late);

        await one.DisposeAsync();
        await other.ReachedAsync("count", run, "completed", seconds: 20);

        Assert.Equal(2, job.Begun);
        Assert.Equal(1, job.MaxConcurrency);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_run_that_is_deleted_is_stopped_within_five_seconds_and_the_next_one_begins()
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int begun = 0;
        TestJob job = new(
            "count",
            async (_, token) =>
            {
                if (Interlocked.Increment(ref begun) > 1)
                {
                    return;
                }

                try
                {
                    await _goOn.Task.WaitAsync(token);
                }
                finally
                {
                    stopped.SetResult();
                }
            }
        );
        await using JobHost host = await JobHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [job],
            ("Jobs:DefaultWorkers", "2")
        );
        long first = await host.RequestAsync("count");
        await BegunAsync(job, 1);
        long next = await host.RequestAsync("count");

        Dashboard.Delete(host, first);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await host.ReachedAsync("count", next, "completed");

        Assert.Equal("cancelled", (await host.RunAsync("count", first)).GetProperty("state").GetString());
        Assert.Equal(1, job.MaxConcurrency);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_lock_that_a_killed_host_left_behind_does_not_stop_the_schedule()
    {
        TestJob job = new("count", (_, _) => Task.CompletedTask, cron: "* * * * * *");
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (await JobHost.StartAsync(database, [job]))
        {
            await BegunAsync(job, 1);
        }

        await using NpgsqlDataSource elsewhere = NpgsqlDataSource.Create(database);
        await using NpgsqlConnection connection = await elsewhere.OpenConnectionAsync(
            TestContext.Current.CancellationToken
        );
        await connection.ExecuteAsync(
            """
            insert into jobs.lock (resource, acquired)
            select r, now() from unnest(array['jobs:recurring-jobs:lock', 'jobs:lock:recurring-job:count', 'jobs:locks:schedulepoller']) r
            """
        );
        int before = job.Begun;

        await using JobHost next = await JobHost.StartAsync(database, [job]);
        await BegunAsync(job, before + 1);
    }

    private static Task BegunAsync(TestJob job, int runs) =>
        Poll.UntilAsync(
            () => Task.FromResult(job.Begun >= runs),
            TimeSpan.FromSeconds(60),
            $"no {runs} runs have begun"
        );

    /// <summary>Waits until a run has been under way for some seconds by PostgreSQL's clock.</summary>
    private static Task LastsAsync(JobHost host, long run, int seconds) =>
        Poll.UntilAsync(
            () =>
                host.AskAsync<bool>(
                    "select started_at < now() - make_interval(secs => @seconds) from jobs.run where id = @run",
                    new { run, seconds }
                ),
            TimeSpan.FromSeconds(60),
            $"run {run} has not begun"
        );

    private static Task<int> HolderAsync(JobHost host) =>
        host.AskAsync<int>(
            "select coalesce((select pid from pg_locks where locktype = 'advisory' and classid = @key and granted limit 1), 0)",
            new { key = JobLocks.LockClass }
        );

    private static void Spin(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            Thread.SpinWait(10_000);
        }
    }
}
