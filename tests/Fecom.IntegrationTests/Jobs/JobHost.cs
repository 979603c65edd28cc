using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Dapper;
using Fecom.Platform.Access;
using Fecom.Platform.Jobs;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Jobs;

/// <summary>A host with the scheduler, the jobs of a test and nothing else; several on one database are replicas.</summary>
internal sealed class JobHost : IAsyncDisposable
{
    /// <summary>The role of whoever calls; <c>admin</c> unless a test says otherwise.</summary>
    public const string RoleSetting = "Test:Role";

    private readonly WebApplication _app;

    private JobHost(WebApplication app)
    {
        _app = app;
        Port = new Uri(_app.Urls.First()).Port;
        Http = new HttpClient { BaseAddress = new Uri($"http://localhost:{Port}") };
    }

    public int Port { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public NpgsqlDataSource Database => _app.Services.GetRequiredService<NpgsqlDataSource>();

    /// <summary>Starts a host.</summary>
    /// <param name="postgres">The database.</param>
    /// <param name="jobs">The jobs, and what they do.</param>
    /// <param name="settings">Further settings.</param>
    public static async Task<JobHost> StartAsync(
        string postgres,
        IEnumerable<TestJob> jobs,
        params (string Key, string Value)[] settings
    )
    {
        WebApplicationBuilder builder = TestHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                ["Jobs:PollSeconds"] = "0.1",
                ["Jobs:ScheduleSeconds"] = "0.2",
                ["Jobs:TakeoverSeconds"] = "3",
            },
            settings
        );
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(postgres));
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddMigrations("platform", typeof(Migrator).Assembly);
        foreach (TestJob job in jobs)
        {
            builder.Services.AddSingleton(job.Definition);
            builder.Services.AddKeyedSingleton<IJob>(job.Definition.Name, job);
        }

        builder.Services.AddJobScheduler(builder.Configuration);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        WebApplication app = builder.Build();
        string role = app.Configuration[RoleSetting] ?? AccessRoles.Admin;
        ClaimsPrincipal caller =
            role.Length == 0 ? new() : new(new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], "test"));
        app.Use(
            (http, next) =>
            {
                http.User = caller;
                return next(http);
            }
        );
        app.MapJobs();
        await app.Services.GetRequiredService<Migrator>().MigrateAsync(TestContext.Current.CancellationToken);
        await app.Services.GetRequiredService<JobStore>().PrepareAsync(TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new JobHost(app);
    }

    public Task<JsonElement> RunAsync(string job, long run) =>
        Http.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{job}/runs/{run}", TestContext.Current.CancellationToken);

    public async Task<JsonElement[]> RunsAsync(string job)
    {
        JsonElement body = await Http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/jobs/{job}/runs?limit=100",
            TestContext.Current.CancellationToken
        );
        return [.. body.GetProperty("runs").EnumerateArray()];
    }

    public async Task<T> AskAsync<T>(string sql, object? parameters = null)
    {
        await using NpgsqlConnection connection = await Database.OpenConnectionAsync(
            TestContext.Current.CancellationToken
        );
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using NpgsqlConnection connection = await Database.OpenConnectionAsync(
            TestContext.Current.CancellationToken
        );
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>Waits for the one run of a job.</summary>
    public async Task<long> OnlyRunAsync(string job)
    {
        await Poll.UntilAsync(
            async () => (await RunsAsync(job)).Length > 0,
            TimeSpan.FromSeconds(60),
            $"{job} has no run"
        );
        return Assert.Single(await RunsAsync(job)).GetProperty("id").GetInt64();
    }

    /// <summary>Waits until a run is in a state.</summary>
    public async Task<JsonElement> ReachedAsync(string job, long run, string state, double seconds = 30)
    {
        await Poll.UntilEqualAsync(
            state,
            async () => (await RunAsync(job, run)).GetProperty("state").GetString(),
            TimeSpan.FromSeconds(seconds),
            $"the state of run {run} of {job}"
        );
        return await RunAsync(job, run);
    }

    /// <summary>Requests a run.</summary>
    /// <returns>Its number.</returns>
    public Task<long> RequestAsync(string job, bool onlyIfNeeded = false) =>
        _app
            .Services.GetRequiredService<JobStarter>()
            .StartAsync(job, onlyIfNeeded, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

/// <summary>A job that does what a test says, and counts how many of its runs are under way at once.</summary>
internal sealed class TestJob(
    string name,
    Func<JobRun, CancellationToken, Task> work,
    int retries = 0,
    string cron = "",
    bool sideBySide = false
) : IJob
{
    private int _underWay;
    private int _maxConcurrency;
    private int _begun;

    public JobDefinition Definition { get; } =
        new()
        {
            Name = name,
            Description = "A test's job.",
            Retries = retries,
            DefaultCron = cron,
            RunsSideBySide = sideBySide,
        };

    /// <summary>How often it began.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>How many of its runs were under way at once, at most.</summary>
    public int MaxConcurrency => Volatile.Read(ref _maxConcurrency);

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        int now = Interlocked.Increment(ref _underWay);
        InterlockedMax(now);
        Interlocked.Increment(ref _begun);
        try
        {
            await work(run, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private void InterlockedMax(int value)
    {
        int max;
        while (
            (max = Volatile.Read(ref _maxConcurrency)) < value
            && Interlocked.CompareExchange(ref _maxConcurrency, value, max) != max
        )
        {
            // Another run was faster.
        }
    }
}
