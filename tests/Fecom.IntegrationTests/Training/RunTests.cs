using System.Net;
using System.Text.Json;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>What is recorded of a training, and how two of them are laid side by side.</summary>
public sealed class RunTests(Servers servers)
{
    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_training_is_recorded_with_all_that_determines_and_describes_its_model()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await CartEvents.AddAsync(host, 2_000, Start);
        Assert.StartsWith(
            "completed: version 1 is the champion: the first version.",
            await CartEvents.TrainAsync(host),
            StringComparison.Ordinal
        );

        JsonElement first = await host.GetAsync($"/api/v1/runs/{await NewestAsync(host)}");

        JsonElement run = first.GetProperty("run");
        Assert.Equal("completed", run.GetProperty("state").GetString());
        Assert.Equal(17, run.GetProperty("seed").GetInt64());
        Assert.InRange(run.GetProperty("duration_seconds").GetDouble(), 0.001, 300);
        Assert.Matches("^.+, build [0-9a-f]{32}$", run.GetProperty("code_version").GetString());
        Assert.Matches("^[0-9a-f]{64}$", run.GetProperty("data_fingerprint").GetString());
        Assert.Equal("0.03", run.GetProperty("parameters").GetProperty("learning_rate").GetString());
        double trees = run.GetProperty("metrics").GetProperty("trees").GetDouble();

        JsonElement series = Assert.Single(first.GetProperty("series").EnumerateArray());
        Assert.Equal("stop_log_loss", series.GetProperty("name").GetString());
        Assert.Equal(
            Enumerable.Range(1, (int)trees),
            series.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("step").GetInt32())
        );

        JsonElement artifact = Assert.Single(first.GetProperty("artifacts").EnumerateArray());
        Assert.Equal(
            new FileInfo(Path.Combine(host.Models, artifact.GetProperty("path").GetString()!)).Length,
            artifact.GetProperty("size_bytes").GetInt64()
        );

        JsonElement diagnostics = first.GetProperty("diagnostics");
        Assert.Contains(
            "price",
            diagnostics.GetProperty("feature_importance")[0].GetProperty("feature").GetString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            diagnostics.GetProperty("contributions").EnumerateArray(),
            feature => feature.GetProperty("feature").GetString() == "bias"
        );
        Assert.NotEqual(0, diagnostics.GetProperty("reliability").GetArrayLength());
        Assert.Equal(
            1,
            diagnostics.GetProperty("precision_recall").EnumerateArray().Last().GetProperty("recall").GetDouble()
        );

        // The same data read again have the same fingerprint; more data another one.
        await CartEvents.TrainAsync(host);
        await CartEvents.AddAsync(host, 500, Start.AddDays(3));
        await CartEvents.TrainAsync(host);
        JsonElement compared = await host.GetAsync("/api/v1/runs/compare?run=1&run=2&run=3");
        string?[] data =
        [
            .. compared
                .GetProperty("runs")
                .EnumerateArray()
                .Select(one => one.GetProperty("data_fingerprint").GetString()),
        ];
        Assert.Equal(data[0], data[1]);
        Assert.NotEqual(data[0], data[2]);
        Assert.All(
            compared.GetProperty("parameters").EnumerateArray(),
            parameter => Assert.False(parameter.GetProperty("differs").GetBoolean())
        );
        JsonElement events = compared
            .GetProperty("metrics")
            .EnumerateArray()
            .Single(metric => metric.GetProperty("name").GetString() == "events")
            .GetProperty("values");
        Assert.Equal(events[0].GetDouble(), events[1].GetDouble());
        Assert.True(events[2].GetDouble() > events[0].GetDouble());
        JsonElement measured = compared
            .GetProperty("metrics")
            .EnumerateArray()
            .Single(metric => metric.GetProperty("name").GetString() == "pr_auc")
            .GetProperty("values");
        Assert.Equal(JsonValueKind.Null, measured[1].ValueKind);

        // Left out, the newest and the one before it.
        Assert.Equal(
            [3, 2],
            (await host.GetAsync("/api/v1/runs/compare"))
                .GetProperty("runs")
                .EnumerateArray()
                .Select(one => one.GetProperty("id").GetInt64())
        );
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/api/v1/runs/44"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(host, "/api/v1/runs/compare?run=1&run=44"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_training_whose_host_was_killed_is_closed_after_the_start_and_one_under_way_elsewhere_is_not()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using NpgsqlConnection elsewhere = new(postgres);
        await elsewhere.OpenAsync(Cancelled);
        await using TrainingHost host = await TrainingHost.StartAsync(postgres, redis.ConnectionString);
        await using NpgsqlCommand take = new("select pg_advisory_lock($1)", elsewhere);
        take.Parameters.Add(new() { Value = JobLocks.KeyOf("train_recommender") });
        await take.ExecuteNonQueryAsync(Cancelled);
        await using NpgsqlCommand open = host.Database.CreateCommand(
            """
            insert into training.run (job, state, started_at)
            values ('train_recommender', 'running', now()), ('train_purchase_model', 'running', now())
            """
        );
        await open.ExecuteNonQueryAsync(Cancelled);

        await Poll.UntilEqualAsync(
            "failed: The host stopped before the run ended.",
            () => StateAsync(host, 2),
            TimeSpan.FromSeconds(90),
            "the run without a host"
        );
        Assert.Equal("running: ", await StateAsync(host, 1));

        await elsewhere.CloseAsync();
        NpgsqlConnection.ClearPool(elsewhere);
        await Poll.UntilEqualAsync(
            "failed: The host stopped before the run ended.",
            () => StateAsync(host, 1),
            TimeSpan.FromSeconds(90),
            "the run whose host went"
        );
    }

    private static async Task<string> StateAsync(TrainingHost host, int run)
    {
        JsonElement found = (await host.GetAsync($"/api/v1/runs/{run}")).GetProperty("run");
        return $"{found.GetProperty("state").GetString()}: {found.GetProperty("error").GetString()}";
    }

    private static async Task<long> NewestAsync(TrainingHost host) =>
        (await host.GetAsync("/api/v1/runs?limit=1")).GetProperty("runs")[0].GetProperty("id").GetInt64();

    private static async Task<HttpStatusCode> StatusAsync(TrainingHost host, string path)
    {
        using HttpResponseMessage answer = await host.Http.GetAsync(path, Cancelled);
        return answer.StatusCode;
    }
}
