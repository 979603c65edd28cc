using System.Net;
using System.Text.Json;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
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
        await AddCartsAsync(host, 2_000, Start);
        Assert.StartsWith(
            "completed: version 1 is the champion: the first version.",
            await TrainAsync(host),
            StringComparison.Ordinal
        );

        JsonElement first = await host.GetAsync($"/api/v1/runs/{await NewestAsync(host)}");

        JsonElement run = first.GetProperty("run");
        Assert.Equal("completed", run.GetProperty("state").GetString());
        Assert.Equal(17, run.GetProperty("seed").GetInt64());
        Assert.InRange(run.GetProperty("duration_seconds").GetDouble(), 0.001, 300);
        Assert.Matches("^.+, build [0-9a-f]{32}$", run.GetProperty("code_version").GetString());
        Assert.Matches("^[0-9a-f]{64}$", run.GetProperty("data_fingerprint").GetString());
        Assert.Equal("0.05", run.GetProperty("parameters").GetProperty("learning_rate").GetString());
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
        Assert.Equal("price", diagnostics.GetProperty("feature_importance")[0].GetProperty("feature").GetString());
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
        await TrainAsync(host);
        await AddCartsAsync(host, 500, Start.AddDays(3));
        await TrainAsync(host);
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

    /// <summary>Fills bronze: sessions with a product in the cart, cheap ones of which are bought more often; one a minute.</summary>
    private static async Task AddCartsAsync(TrainingHost host, int sessions, DateTime start)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(
            """
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                category_code, brand, price, user_id, user_session, source)
            select $2 + s * interval '1 minute' + v * interval '1 second', now(), now(), gen_random_uuid(), s * 2 + v,
                case v when 0 then 'cart' else 'purchase' end, 'c' || s % 20, '1', 'toys.cars', 'b' || s % 3, 1 + s % 20,
                'u' || s, 'cart' || s || $2::text, 'api'
            from generate_series(0, $1 - 1) s, generate_series(0, 1) v
            where v = 0 or hashint4(s) % 20 > s % 20
            order by s, v
            """
        );
        command.Parameters.Add(new() { Value = sessions });
        command.Parameters.Add(new() { Value = start });
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    /// <summary>Trains the purchase model and waits for the end.</summary>
    /// <returns>What the run reported.</returns>
    private static async Task<string?> TrainAsync(TrainingHost host)
    {
        long job = await host
            .Services.GetRequiredService<JobStarter>()
            .StartAsync("train_purchase_model", cancellationToken: Cancelled);
        await Poll.UntilEqualAsync(
            true,
            async () =>
            {
                await using NpgsqlCommand ended = host.Database.CreateCommand(
                    "select ended_at is not null from jobs.run where id = $1"
                );
                ended.Parameters.Add(new() { Value = job });
                return await ended.ExecuteScalarAsync(Cancelled) is true;
            },
            TimeSpan.FromSeconds(120),
            "whether the training has ended"
        );
        JsonElement run = (await host.GetAsync("/api/v1/runs?limit=1")).GetProperty("runs")[0];
        return $"{run.GetProperty("state").GetString()}: {run.GetProperty("progress").GetString()}";
    }

    private static async Task<long> NewestAsync(TrainingHost host) =>
        (await host.GetAsync("/api/v1/runs?limit=1")).GetProperty("runs")[0].GetProperty("id").GetInt64();

    private static async Task<HttpStatusCode> StatusAsync(TrainingHost host, string path)
    {
        using HttpResponseMessage answer = await host.Http.GetAsync(path, Cancelled);
        return answer.StatusCode;
    }
}
