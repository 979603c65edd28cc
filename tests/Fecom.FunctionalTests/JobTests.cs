using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.FunctionalTests;

/// <summary>Jobs on several hosts.</summary>
public sealed class JobTests(Servers servers)
{
    private const int TestTimeout = 600_000;

    private static readonly (string, string) NothingByItself = ("Training__TrainAfterFirstLoad", "false");

    [Fact(Timeout = TestTimeout)]
    public async Task A_training_whose_host_is_killed_is_finished_by_another_within_a_minute_and_makes_one_version()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "100000",
            "--seed",
            "31",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        HostProcess first = await shop.StartHostAsync(NothingByItself);
        HostProcess second = await shop.StartReplicaAsync(NothingByItself);
        await shop.LoadedAsync("events.csv");

        using HttpResponseMessage answer = await second.Http.PostAsync(
            "/api/v1/jobs/train_recommender/runs",
            null,
            TestContext.Current.CancellationToken
        );
        long run = (
            await answer
                .EnsureSuccessStatusCode()
                .Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)
        )
            .GetProperty("id")
            .GetInt64();
        string? killed = null;
        await Poll.UntilAsync(
            async () => (killed = await HostOfAsync(shop, run)) is not null,
            TimeSpan.FromSeconds(60),
            "the training has not begun"
        );
        await Poll.UntilEqualAsync(
            1,
            () => shop.CountAsync("training.run where state = 'running'"),
            TimeSpan.FromSeconds(60),
            "trainings whose record is open"
        );
        HostProcess trains = killed!.EndsWith(
            string.Create(CultureInfo.InvariantCulture, $":{first.Pid}"),
            StringComparison.Ordinal
        )
            ? first
            : second;
        await trains.KillAsync();
        Assert.Equal(0, await shop.CountAsync("training.model_version"));

        await Poll.UntilAsync(
            async () => await HostOfAsync(shop, run) is { } now && now != killed,
            TimeSpan.FromSeconds(60),
            "no other host has taken the training over"
        );
        await Poll.UntilAsync(
            async () => await shop.CountAsync($"jobs.job where id = {run} and statename = 'Succeeded'") == 1,
            TimeSpan.FromSeconds(150),
            "the training did not end"
        );

        Assert.Equal(1, await shop.CountAsync("training.model_version"));
        Assert.Equal(
            1,
            await shop.CountAsync(
                "training.run where state = 'failed' and error = 'The host stopped before the run ended.'"
            )
        );
        Assert.Equal(1, await shop.CountAsync("training.run where state = 'completed'"));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Every_job_that_forgets_runs_on_a_live_shop_and_what_lives_stays_in_every_store()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "5000",
            "--seed",
            "32",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        HostProcess host = await shop.StartHostAsync(NothingByItself);
        await shop.LoadedAsync("events.csv");
        await shop.ExecuteAsync(
            """
            create table bronze.event_20010101 partition of bronze.event for values from ('2001-01-01Z') to ('2001-01-02Z');
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, price, user_id,
                user_session, source)
            values ('2001-01-01Z', now() - interval '3 years', now() - interval '3 years', gen_random_uuid(), 1, 'view', 'p', 1, 'u', 's', 'api');
            insert into features.state_session (entity, revision, updated_at, state) values ('old', 1, now() - interval '3 years', '\x00');
            insert into features.state_product (entity, revision, updated_at, state) values ('old', 1, now() - interval '3 years', '\x00');
            insert into ingestion.load_run (id, source, state, requested_at, finished_at, rows)
            values (gen_random_uuid(), 'file:old.csv', 'completed', now() - interval '1 year', now() - interval '1 year', 0)
            """
        );

        JsonElement jobs = await host.Http.GetFromJsonAsync<JsonElement>(
            "/api/v1/jobs",
            TestContext.Current.CancellationToken
        );
        string[] forgetting =
        [
            .. jobs.GetProperty("jobs")
                .EnumerateArray()
                .Select(job => job.GetProperty("name").GetString()!)
                .Where(name => name.StartsWith("forget_", StringComparison.Ordinal)),
        ];
        Assert.InRange(forgetting.Length, 7, 20);
        foreach (string job in forgetting)
        {
            using HttpResponseMessage answer = await host.Http.PostAsync(
                $"/api/v1/jobs/{job}/runs",
                null,
                TestContext.Current.CancellationToken
            );
            long run = (
                await answer
                    .EnsureSuccessStatusCode()
                    .Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)
            )
                .GetProperty("id")
                .GetInt64();
            await Poll.UntilAsync(
                async () => await shop.CountAsync($"jobs.job where id = {run} and statename = 'Succeeded'") == 1,
                TimeSpan.FromSeconds(60),
                $"{job} did not end; the host says:\n{host.Output}"
            );
        }

        Assert.Equal(0, await shop.CountAsync("pg_class where oid = to_regclass('bronze.event_20010101')"));
        Assert.Equal(0, await shop.CountAsync("features.state_session where entity = 'old'"));
        Assert.Equal(0, await shop.CountAsync("features.state_product where entity = 'old'"));
        Assert.Equal(0, await shop.CountAsync("ingestion.load_run where source = 'file:old.csv'"));
        await shop.AssertStoresAsync(await shop.OracleAsync("events.csv"));
    }

    /// <summary>Who began a run last.</summary>
    private static async Task<string?> HostOfAsync(Shop shop, long run)
    {
        await using NpgsqlCommand command = shop.Database.CreateCommand("select host from jobs.run where id = $1");
        command.Parameters.Add(new() { Value = run });
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as string;
    }
}
