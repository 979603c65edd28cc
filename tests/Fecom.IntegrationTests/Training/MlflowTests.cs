using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Learning.Purchase;
using Fecom.Testing;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.Training;

/// <summary>Trainings, versions and aliases at an MLflow server, which may be away, lose answers, or keep artifacts where Fecom cannot write.</summary>
public sealed class MlflowTests(Servers servers)
{
    private const string Token = "token-that-nobody-may-see";

    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_training_goes_to_MLflow_once_and_whole_though_it_was_away_and_lost_its_answers()
    {
        await using MlflowServer mlflow = await MlflowServer.StartAsync();
        (mlflow.IsAway, mlflow.LosesFirstAnswers, mlflow.Authorization) = (true, true, $"Bearer {Token}");
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(mlflow, redis, ("MLflow:Token", Token));
        await CartEvents.AddAsync(host, 2_000, Start);

        // A training and its promotion go on without MLflow.
        Assert.StartsWith(
            "completed: version 1 is the champion: the first version.",
            await CartEvents.TrainAsync(host),
            StringComparison.Ordinal
        );
        await HealthAsync(
            host,
            HealthStatus.Degraded,
            @"^MLflow has taken nothing since 20\d\d-.+ UTC, for 00:\d\d:\d\d; 1 finished trainings wait: it does not answer: .+$"
        );
        Assert.Empty(mlflow.Runs);

        mlflow.IsAway = false;
        await ToldAsync(host, 1);

        await HealthAsync(host, HealthStatus.Healthy, "^0 finished trainings are to be told$");
        MlflowServer.StoredRun run = Assert.Single(mlflow.Runs);
        JsonElement details = await host.GetAsync("/api/v1/runs/1");
        JsonElement known = details.GetProperty("run");
        Assert.Equal(run.Id, details.GetProperty("mlflow").GetProperty("run_id").GetString());
        Assert.Equal(("FINISHED", "train_purchase_model 1"), (run.Status, run.Name));
        Assert.InRange(run.EndTime - run.StartTime, 1, 300_000);
        Assert.Equal(
            known.GetProperty("parameters").EnumerateObject().Select(one => (one.Name, one.Value.GetString()!)).Order(),
            run.Parameters.Select(one => (one.Key, one.Value)).Order()
        );
        (string Name, long Step, double Value)[] metrics =
        [
            .. known
                .GetProperty("metrics")
                .EnumerateObject()
                .Select(metric => (metric.Name, 0L, metric.Value.GetDouble())),
            .. details
                .GetProperty("series")[0]
                .GetProperty("points")
                .EnumerateArray()
                .Select(point =>
                    ("stop_log_loss", point.GetProperty("step").GetInt64(), point.GetProperty("value").GetDouble())
                ),
        ];
        Assert.Equal(metrics.Order(), run.Metrics.Select(metric => (metric.Key, metric.Step, metric.Value)).Order());
        Assert.Equal(known.GetProperty("data_fingerprint").GetString(), run.Tags["fecom_data_fingerprint"]);
        Assert.Equal(known.GetProperty("code_version").GetString(), run.Tags["fecom_code_version"]);

        byte[] artifact = await File.ReadAllBytesAsync(Path.Combine(host.Models, "purchase/1/model.bin"), Cancelled);
        Assert.Equal(
            ["diagnostics.json", "model/MLmodel", "model/mlnet.zip", "model/model.bin", "model/model.onnx"],
            mlflow.Files.Keys.Select(file => file[run.Folder.Length..]).Order(StringComparer.Ordinal)
        );
        Assert.Equal(artifact, mlflow.Files[$"{run.Folder}model/model.bin"]);
        Assert.Equal(PurchaseModel.PipelineOf(artifact), mlflow.Files[$"{run.Folder}model/mlnet.zip"]);
        Assert.InRange(mlflow.Files[$"{run.Folder}model/model.onnx"].Length, 1_000, 10_000_000);

        MlflowServer.StoredVersion version = Assert.Single(mlflow.VersionsOf("fecom-purchase"));
        Assert.Equal(
            (run.Id, $"mlflow-artifacts:/{run.Folder}model", "1"),
            (version.RunId, version.Source, version.Tags["fecom_version"])
        );
        await AliasAsync(mlflow, "champion", "1");
    }

    [Fact(Timeout = 180_000)]
    public async Task What_is_more_than_a_call_takes_goes_in_several_and_aliases_follow_what_they_stand_for()
    {
        await using MlflowServer mlflow = await MlflowServer.StartAsync();
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(mlflow, redis);
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();
        await ToldAsync(host, 1);
        await AliasAsync(mlflow, "champion", "1", "fecom-recommender");

        // A run that failed, with more than any call takes of everything.
        RunLog log = host.Services.GetRequiredService<RunLog>();
        Dictionary<string, object> parameters = Enumerable
            .Range(0, 250)
            .ToDictionary(i => $"p{i}", i => (object)new string('x', i == 7 ? 600 : 10));
        long run = await log.StartAsync("train_recommender", new RunStart(parameters, Seed: 5), Cancelled);
        await log.MeasureStepsAsync(run, "loss", [.. Enumerable.Range(1, 2_500).Select(i => 1.0 / i)], Cancelled);
        await log.EndAsync(run, "failed", "The disk is full.");
        await ToldAsync(host, run);

        MlflowServer.StoredRun failed = mlflow.Runs[1];
        Assert.Equal(("FAILED", "The disk is full."), (failed.Status, failed.Tags["fecom_error"]));
        Assert.Equal(
            (251, "5", 500),
            (failed.Parameters.Count, failed.Parameters["seed"], failed.Parameters["p7"].Length)
        );
        Assert.Equal(Enumerable.Range(1, 2_500), failed.Metrics.Select(metric => (int)metric.Step).Order());

        // An alias of one's own, which goes where MLflow cannot follow it: a version of a run that it had before.
        await PointAsync(host, "candidate", 1);
        await AliasAsync(mlflow, "candidate", "1", "fecom-recommender");
        byte[] artifact = await File.ReadAllBytesAsync(Path.Combine(host.Models, "recommender/1/model.bin"), Cancelled);
        await host
            .Services.GetRequiredService<ModelRegistry>()
            .RegisterAsync(
                new()
                {
                    Model = "recommender",
                    Run = 1,
                    Artifact = [.. artifact, 0],
                    Read = bytes => bytes.ToArray(),
                    Fingerprint = "a test",
                    Verdict = new GateVerdict([]),
                },
                Cancelled
            );
        await PointAsync(host, "candidate", 2);
        await AliasAsync(mlflow, "candidate", "", "fecom-recommender");
        Assert.Equal("1", mlflow.AliasOf("fecom-recommender", "champion"));
    }

    [Fact(Timeout = 240_000)]
    public async Task Files_that_MLflow_keeps_elsewhere_are_refused_with_the_way_out_and_the_next_host_tells_them_again()
    {
        await using MlflowServer mlflow = await MlflowServer.StartAsync();
        mlflow.ArtifactRoot = "s3://bucket/mlflow";
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string postgres = await servers.Postgres.CreateDatabaseAsync();
        await using (
            TrainingHost host = await TrainingHost.StartAsync(postgres, redis.ConnectionString, Settings(mlflow))
        )
        {
            await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
            await host.TrainAsync();
            await HealthAsync(
                host,
                HealthStatus.Degraded,
                "^MLflow did not take all of training 1, .+ lie at s3://bucket/mlflow/.+ start it with --serve-artifacts, and name a new experiment in MLflow:Experiment"
            );
            Assert.Equal("FINISHED", Assert.Single(mlflow.Runs).Status);
            Assert.Contains(
                "s3://bucket/mlflow",
                (await host.GetAsync("/api/v1/runs/1")).GetProperty("mlflow").GetProperty("refusal").GetString(),
                StringComparison.Ordinal
            );
        }

        Assert.Empty(mlflow.VersionsOf("fecom-recommender"));
        mlflow.ArtifactRoot = "mlflow-artifacts:";

        // The folder of models was the first host's own: it is gone, so what is told is the run, and of its files none.
        await using TrainingHost next = await TrainingHost.StartAsync(
            postgres,
            redis.ConnectionString,
            [.. Settings(mlflow), ("MLflow:Experiment", "another")]
        );
        await ToldAsync(next, 1);
        await next.AddSessionsAsync(200, "q", Start, sample: false);
        await next.TrainAsync();
        await ToldAsync(next, 2);
        await HealthAsync(next, HealthStatus.Healthy, "^0 finished trainings are to be told$");
        Assert.Equal(mlflow.Runs[^1].Id, Assert.Single(mlflow.VersionsOf("fecom-recommender")).RunId);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_wrong_account_is_waited_for_and_named_without_its_secret()
    {
        await using MlflowServer mlflow = await MlflowServer.StartAsync();
        mlflow.Authorization = "Basic c2hvcDpyaWdodA==";
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await StartAsync(
            mlflow,
            redis,
            ("MLflow:Username", "shop"),
            ("MLflow:Password", Token)
        );
        await host.AddSessionsAsync(100, "p", DateTime.UnixEpoch, sample: false);
        await host.TrainAsync();

        HealthReportEntry health = await HealthAsync(
            host,
            HealthStatus.Degraded,
            "wait: it answers 401: look at MLflow:Token, or MLflow:Username and MLflow:Password"
        );
        Assert.DoesNotContain(Token, health.Description, StringComparison.Ordinal);
        Assert.Empty(mlflow.Runs);

        mlflow.Authorization = $"Basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"shop:{Token}"))}";
        await ToldAsync(host, 1);
        Assert.Equal("FINISHED", Assert.Single(mlflow.Runs).Status);
    }

    private async Task<TrainingHost> StartAsync(
        MlflowServer mlflow,
        PrivateRedis redis,
        params (string Key, string Value)[] more
    ) =>
        await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            [.. Settings(mlflow), .. more]
        );

    private static (string Key, string Value)[] Settings(MlflowServer mlflow) =>
        [
            ("MLflow:TrackingUri", mlflow.Url),
            ("MLflow:PollSeconds", "0.1"),
            ("MLflow:RetrySeconds", "0.1"),
            ("MLflow:MaxRetrySeconds", "0.3"),
        ];

    private static Task ToldAsync(TrainingHost host, long run) =>
        Poll.UntilEqualAsync(
            JsonValueKind.String,
            async () =>
                (await host.GetAsync($"/api/v1/runs/{run}")).GetProperty("mlflow").GetProperty("told_at").ValueKind,
            Wait,
            $"whether MLflow has training {run}"
        );

    private static Task AliasAsync(
        MlflowServer mlflow,
        string alias,
        string version,
        string model = "fecom-purchase"
    ) =>
        Poll.UntilEqualAsync(
            version,
            () => Task.FromResult(mlflow.AliasOf(model, alias)),
            Wait,
            $"what {alias} stands for at MLflow"
        );

    private static async Task PointAsync(TrainingHost host, string alias, int version)
    {
        using HttpResponseMessage answer = await host.Http.PostAsJsonAsync(
            $"/api/v1/models/recommender/aliases/{alias}",
            new { version },
            Cancelled
        );
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<HealthReportEntry> HealthAsync(TrainingHost host, HealthStatus status, string pattern)
    {
        HealthReportEntry found = default;
        await Poll.UntilEqualAsync(
            true,
            async () =>
            {
                HealthReport report = await host
                    .Services.GetRequiredService<HealthCheckService>()
                    .CheckHealthAsync(check => check.Name == "mlflow", Cancelled);
                found = report.Entries["mlflow"];
                return found.Status == status
                    && System.Text.RegularExpressions.Regex.IsMatch(
                        found.Description ?? "",
                        pattern,
                        System.Text.RegularExpressions.RegexOptions.None,
                        TimeSpan.FromSeconds(1)
                    );
            },
            Wait,
            $"whether health says {pattern}"
        );
        return found;
    }
}
