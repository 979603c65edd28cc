using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Features;
using Fecom.Platform;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Serving;
using Fecom.Testing;
using Fecom.Training;
using Fecom.Validation;
using Fecom.Warehouse;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Training and serving over events that the test writes to bronze, and over HTTP on a free port.</summary>
internal sealed class TrainingHost : IAsyncDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("fecom-models-");

    private TrainingHost(string postgres, string redis, (string Key, string Value)[] settings)
    {
        WebApplicationBuilder builder = TestHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = postgres,
                ["ConnectionStrings:Redis"] = redis,
                ["Kafka:BootstrapServers"] = "embedded",
                ["Paths:Models"] = _models.FullName,
                ["Jobs:PollSeconds"] = "0.1",
                ["Training:AnnounceInterval"] = "00:00:01",
                ["Training:TrainAfterFirstLoad"] = "false",
                ["Training:KeepVersions"] = "2",
                ["Serving:OnlineStoreTimeout"] = "00:00:03",
            },
            settings
        );
        builder.Services.AddStorage(builder.Configuration);
        builder.AddValidation();
        builder.AddFeatures();
        builder.AddWarehouse();
        builder.AddTraining();
        builder.AddServing();
        builder.Services.AddJobScheduler(builder.Configuration);
        builder.Services.AddMessaging(builder.Configuration);
        _app = builder.Build();
        _app.MapTraining();
        _app.MapServing();
        Http = new HttpClient();
    }

    public HttpClient Http { get; }

    public string Models => _models.FullName;

    public IServiceProvider Services => _app.Services;

    public NpgsqlDataSource Database => _app.Services.GetRequiredService<NpgsqlDataSource>();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<TrainingHost> StartAsync(
        string postgres,
        string redis,
        params (string Key, string Value)[] settings
    )
    {
        TrainingHost host = new(postgres, redis, settings);
        await host._app.PrepareAsync(Cancelled);
        await host._app.StartAsync(Cancelled);
        host.Http.BaseAddress = new Uri(host._app.Urls.First());
        return host;
    }

    /// <summary>Fills bronze: sessions of three views each, of a few products that are visited in a ring.</summary>
    /// <param name="sessions">How many.</param>
    /// <param name="products">What the ids of the products begin with.</param>
    /// <param name="start">When the first one begins; one a minute follows.</param>
    /// <param name="sample">Whether they are the sample's.</param>
    public async Task AddSessionsAsync(int sessions, string products, DateTime start, bool sample)
    {
        await using NpgsqlCommand command = Database.CreateCommand(
            """
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                category_code, brand, price, user_id, user_session, source)
            select $3 + s * interval '1 minute' + v * interval '1 second', now(), now(), gen_random_uuid(), s * 3 + v, 'view',
                $2 || (s + v) % 20, '1', 'toys.cars', 'b', 1, 'u' || s, $2 || 'session' || s || $3::text, $4
            from generate_series(0, $1 - 1) s, generate_series(0, 2) v
            order by s, v
            """
        );
        command.Parameters.Add(new() { Value = sessions });
        command.Parameters.Add(new() { Value = products });
        command.Parameters.Add(new() { Value = start });
        command.Parameters.Add(new() { Value = sample ? BehaviorEvent.SampleSource : "api" });
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    /// <summary>Trains the recommender and waits for the run's end.</summary>
    /// <returns>What the newest run reported; null when no training was needed.</returns>
    public async Task<string?> TrainAsync(bool onlyIfNeeded = false)
    {
        long before = await CountRunsAsync();
        long run = await Services
            .GetRequiredService<JobStarter>()
            .StartAsync("train_recommender", onlyIfNeeded, Cancelled);
        await Poll.UntilAsync(
            async () =>
            {
                await using NpgsqlCommand ended = Database.CreateCommand(
                    "select ended_at is not null from jobs.run where id = $1"
                );
                ended.Parameters.Add(new() { Value = run });
                return await ended.ExecuteScalarAsync(Cancelled) is true;
            },
            TestTimeout,
            "the training did not end"
        );
        await using NpgsqlCommand command = Database.CreateCommand(
            "select state || ': ' || coalesce(error, progress) from training.run order by id desc limit 1"
        );
        return await CountRunsAsync() == before ? null : (string?)await command.ExecuteScalarAsync(Cancelled);
    }

    /// <summary>Runs a job and waits for its end.</summary>
    /// <returns>What it reported, or why it had nothing to do.</returns>
    public async Task<string> RunAsync(string job)
    {
        long run = await Services.GetRequiredService<JobStarter>().StartAsync(job, cancellationToken: Cancelled);
        string state = "";
        await Poll.UntilAsync(
            async () =>
            {
                await using NpgsqlCommand ended = Database.CreateCommand(
                    """
                    select j.statename || ': ' || coalesce(case when j.statename = 'Succeeded' then r.progress end, s.reason, '')
                    from jobs.run r join jobs.job j on j.id = r.id join jobs.state s on s.id = j.stateid
                    where r.id = $1 and r.ended_at is not null and j.statename not in ('Enqueued', 'Processing', 'Scheduled')
                    """
                );
                ended.Parameters.Add(new() { Value = run });
                return (state = await ended.ExecuteScalarAsync(Cancelled) as string ?? "").Length > 0;
            },
            TestTimeout,
            $"{job} did not end"
        );
        return state;
    }

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path, Cancelled);

    /// <summary>Stops it in the middle of what it does, as SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync(Cancelled);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(Cancelled);
        await _app.DisposeAsync();
        _models.Delete(recursive: true);
    }

    private async Task<long> CountRunsAsync()
    {
        await using NpgsqlCommand command = Database.CreateCommand("select count(*) from training.run");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
