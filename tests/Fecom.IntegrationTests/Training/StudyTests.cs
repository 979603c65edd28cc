using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Learning.Purchase;
using Fecom.Testing;
using Fecom.Training.TunePurchaseModel;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Studies of parameters: their trials are claimed one by one, none is lost or counted twice, and the best parameters are used.</summary>
public sealed class StudyTests(Servers servers)
{
    private static readonly DateTime Start = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Nobody measures trials but the test.</summary>
    private static readonly (string, string)[] NoWorkers =
    [
        ("Jobs:TuningWorkers", "0"),
        ("Training:TrialLease", "00:10:00"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_study_measures_its_trials_and_the_next_training_uses_the_best()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );
        await CartEvents.AddAsync(host, 2_000, Start);

        using HttpResponseMessage answer = await PostAsync(host, """{"trials":5,"max_seconds":600,"seed":3}""");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        string address = answer.Headers.Location!.ToString();
        JsonElement details = await EndedAsync(host, address);

        JsonElement study = details.GetProperty("study");
        Assert.Equal("completed", study.GetProperty("state").GetString());
        Assert.Equal(5, study.GetProperty("trials_ended").GetInt32());
        Assert.Matches("^[0-9a-f]{64}$", study.GetProperty("data_fingerprint").GetString());
        JsonElement[] trials = [.. details.GetProperty("trials").EnumerateArray()];
        Assert.Equal(Enumerable.Range(1, 5), trials.Select(trial => trial.GetProperty("number").GetInt32()));
        Assert.Equal(
            PurchaseTrainer.Options.LearningRate,
            trials[0].GetProperty("parameters").GetProperty("learning_rate").GetDouble()
        );
        // So few rows have one rung.
        double[] losses =
        [
            .. trials.Select(trial =>
                Assert.Single(trial.GetProperty("rungs").EnumerateArray()).GetProperty("loss").GetDouble()
            ),
        ];
        int best = study.GetProperty("best_trial").GetInt32();
        Assert.Equal(losses.Min(), losses[best - 1]);
        Assert.Equal(losses.Min(), study.GetProperty("best_loss").GetDouble());
        JsonElement parameters = details.GetProperty("best_parameters");
        Assert.Equal(trials[best - 1].GetProperty("parameters").GetRawText(), parameters.GetRawText());

        await CartEvents.TrainAsync(host);
        JsonElement run = (await host.GetAsync("/api/v1/runs?limit=1")).GetProperty("runs")[0];
        Assert.Equal("completed", run.GetProperty("state").GetString());
        JsonElement used = run.GetProperty("parameters");
        Assert.Equal(study.GetProperty("id").ToString(), used.GetProperty("study").GetString());
        foreach (string name in PurchaseSearch.Space.Select(range => range.Name))
        {
            Assert.Equal(parameters.GetProperty(name).GetRawText(), used.GetProperty(name).GetString());
        }

        JsonElement version = (await host.GetAsync("/api/v1/models/purchase/versions")).GetProperty("versions")[0];
        Assert.Equal(study.GetProperty("id").GetInt64(), version.GetProperty("study_id").GetInt64());

        // The rows are of no use any more.
        await Poll.UntilAsync(
            () => Task.FromResult(!Directory.Exists(Path.Combine(host.Models, "studies", "1"))),
            TimeSpan.FromSeconds(60),
            "the study's rows were not removed"
        );
    }

    [Fact(Timeout = 180_000)]
    public async Task A_study_without_enough_to_learn_from_fails_and_says_why()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString
        );

        using HttpResponseMessage answer = await PostAsync(host, "{}");
        JsonElement study = (await EndedAsync(host, answer.Headers.Location!.ToString())).GetProperty("study");

        Assert.Equal("failed", study.GetProperty("state").GetString());
        Assert.Equal("There are no sessions to learn from.", study.GetProperty("error").GetString());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_request_is_checked_one_study_is_under_way_at_a_time_and_it_can_be_cancelled()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            NoWorkers
        );
        foreach (
            (string field, string body) in new[]
            {
                ("trials", """{"trials":0}"""),
                ("trials", """{"trials":1001}"""),
                ("max_seconds", """{"max_seconds":0}"""),
                ("max_seconds", """{"max_seconds":86401}"""),
                ("sampler", """{"sampler":"grid"}"""),
                ("seed", """{"seed":-1}"""),
            }
        )
        {
            using HttpResponseMessage refused = await PostAsync(host, body);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            JsonElement problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
            Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.GetRawText());
        }

        using HttpResponseMessage first = await PostAsync(host, """{"sampler":"random","halving":false}""");
        using HttpResponseMessage second = await PostAsync(host, "{}");
        string address = first.Headers.Location!.ToString();
        JsonElement waiting = (await host.GetAsync(address)).GetProperty("study");
        using HttpResponseMessage cancelled = await host.Http.PostAsync($"{address}/cancel", null, Cancelled);
        using HttpResponseMessage again = await host.Http.PostAsync($"{address}/cancel", null, Cancelled);
        using HttpResponseMessage unknown = await host.Http.GetAsync("/api/v1/studies/4711", Cancelled);
        using HttpResponseMessage next = await PostAsync(host, "{}");

        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal("waiting", waiting.GetProperty("state").GetString());
        Assert.Equal("random", waiting.GetProperty("sampler").GetString());
        Assert.Equal(40, waiting.GetProperty("trials").GetInt32());
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, next.StatusCode);
        Assert.Equal("cancelled", (await host.GetAsync(address)).GetProperty("study").GetProperty("state").GetString());
    }

    [Fact(Timeout = 180_000)]
    public async Task Hosts_that_look_at_the_same_time_get_a_trial_each_and_one_whose_host_is_gone_is_taken_again()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            NoWorkers
        );
        TrialTable trials = host.Services.GetRequiredService<TrialTable>();
        long study = await OpenAsync(host, trials: 9);

        TrialClaim?[] claims = await Task.WhenAll(
            Enumerable.Range(0, 9).Select(_ => trials.TakeAsync(study, Cancelled))
        );
        Assert.Equal(Enumerable.Range(1, 9), claims.Select(claim => claim!.Trial).Order());
        Assert.Null(await trials.TakeAsync(study, Cancelled));

        TrialClaim gone = claims.Single(claim => claim!.Trial == 4)!;
        await LapseAsync(host, gone);
        TrialClaim? taken = await trials.TakeAsync(study, Cancelled);

        // The same trial with the same parameters; what the host that was taken for gone still says does not count.
        Assert.Equal((gone.Trial, gone.Rung, gone.Attempt + 1), (taken!.Trial, taken.Rung, taken.Attempt));
        Assert.Equal(gone.Parameters, taken.Parameters);
        Assert.False(await trials.RenewAsync(gone, Cancelled));
        Assert.False(await trials.CompleteAsync(gone, new TrialOutcome(0.1, 5), Cancelled));
        Assert.True(await trials.RenewAsync(taken, Cancelled));
        Assert.True(await trials.CompleteAsync(taken, new TrialOutcome(0.4, 50), Cancelled));
        Assert.False(await trials.CompleteAsync(taken, new TrialOutcome(0.3, 50), Cancelled));
        Assert.Equal("0.4", await AskAsync(host, "select loss::text from training.trial_rung where number = 4"));

        // One that no host outlives is given up, and one that is given back is not counted.
        TrialClaim deadly = claims.Single(claim => claim!.Trial == 5)!;
        await trials.GiveBackAsync(deadly);
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            TrialClaim? again = await trials.TakeAsync(study, Cancelled);
            Assert.Equal((5, attempt), (again!.Trial, again.Attempt));
            await LapseAsync(host, again);
        }

        Assert.Null(await trials.TakeAsync(study, Cancelled));
        Assert.Equal("failed", await AskAsync(host, "select state from training.trial_rung where number = 5"));

        // The others come to an end, and with them the study: the best one wins.
        foreach (TrialClaim claim in claims.Where(claim => claim!.Trial is not (4 or 5)).OfType<TrialClaim>())
        {
            Assert.True(
                await trials.CompleteAsync(claim, new TrialOutcome(0.5 + (claim.Trial / 100.0), 10), Cancelled)
            );
        }

        Assert.False(await trials.HasNextAsync(study, Cancelled));
        Assert.Equal(
            "completed 4",
            await AskAsync(host, "select state || ' ' || best_trial from training.study where state <> 'running'")
        );
        Assert.Equal("9", await AskAsync(host, "select count(*)::text from training.trial_rung"));
    }

    [Fact(Timeout = 180_000)]
    public async Task When_its_time_is_over_a_study_ends_with_what_it_has()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using TrainingHost host = await TrainingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            NoWorkers
        );
        TrialTable trials = host.Services.GetRequiredService<TrialTable>();
        long study = await OpenAsync(host, trials: 100);
        TrialClaim first = (await trials.TakeAsync(study, Cancelled))!;
        TrialClaim second = (await trials.TakeAsync(study, Cancelled))!;
        await trials.CompleteAsync(first, new TrialOutcome(0.5, 10), Cancelled);

        await AskAsync(
            host,
            "update training.study set ready_at = ready_at - make_interval(secs => max_seconds) returning 'late'"
        );

        Assert.Null(await trials.TakeAsync(study, Cancelled));
        Assert.Equal("running", await AskAsync(host, "select state from training.study"));
        await trials.CompleteAsync(second, new TrialOutcome(0.4, 10), Cancelled);
        // Nobody asks: the host looks by itself.
        await Poll.UntilEqualAsync(
            "completed",
            () => AskAsync(host, "select state from training.study"),
            TimeSpan.FromSeconds(60),
            "the state of the study"
        );
        Assert.Equal("2", await AskAsync(host, "select best_trial::text from training.study"));
    }

    /// <summary>A study whose rows are said to be there.</summary>
    private static async Task<long> OpenAsync(TrainingHost host, int trials)
    {
        StudyTable studies = host.Services.GetRequiredService<StudyTable>();
        long study = (await studies.RequestAsync(StudyLimits.Default with { Trials = trials }, Cancelled))!.Value;
        Assert.True(await studies.BeginAsync(study, Cancelled));
        await studies.AnnounceDataAsync(study, StudyData.PathOf(study), Cancelled);
        await studies.ReadyAsync(study, new StudyRows("none", "none", Rows: 1_000), Cancelled);
        return study;
    }

    private static Task LapseAsync(TrainingHost host, TrialClaim claim) =>
        AskAsync(
            host,
            $"update training.trial_rung set lease_until = clock_timestamp() where number = {claim.Trial} returning 'lapsed'"
        );

    private static async Task<string?> AskAsync(TrainingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync(Cancelled);
    }

    private static async Task<HttpResponseMessage> PostAsync(TrainingHost host, string body)
    {
        using StringContent content = new(body, System.Text.Encoding.UTF8, "application/json");
        return await host.Http.PostAsync("/api/v1/studies", content, Cancelled);
    }

    private static async Task<JsonElement> EndedAsync(TrainingHost host, string address)
    {
        await Poll.UntilAsync(
            async () =>
                (await host.GetAsync(address)).GetProperty("study").GetProperty("finished_at").ValueKind
                != JsonValueKind.Null,
            TimeSpan.FromSeconds(150),
            "the study did not end"
        );
        return await host.GetAsync(address);
    }
}
