using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.FunctionalTests;

/// <summary>Jobs on several hosts.</summary>
public sealed class JobTests(Servers servers)
{
    private const int Patience = 300_000;

    private static readonly (string, string) NothingByItself = ("Training__TrainAfterFirstLoad", "false");

    [Fact(Timeout = Patience)]
    public async Task A_training_whose_host_is_killed_is_finished_by_another_within_a_minute_and_makes_one_version()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync("generate", "--events", "100000", "--seed", "31", "--out", $"{shop.Raw}/events.csv");
        HostProcess first = await shop.StartHostAsync(NothingByItself);
        HostProcess second = await shop.StartReplicaAsync(NothingByItself);
        await shop.LoadedAsync("events.csv");

        using HttpResponseMessage answer = await second.Http.PostAsync("/api/v1/jobs/train_recommender/runs", null, TestContext.Current.CancellationToken);
        long run = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetInt64();
        string? killed = null;
        await Poll.UntilAsync(async () => (killed = await HostOfAsync(shop, run)) is not null, TimeSpan.FromSeconds(30), "the training has not begun");
        HostProcess trains = killed!.EndsWith(string.Create(CultureInfo.InvariantCulture, $":{first.Pid}"), StringComparison.Ordinal) ? first : second;
        await trains.KillAsync();
        Assert.Equal(0, await shop.CountAsync("training.model_version"));

        await Poll.UntilAsync(
            async () => await HostOfAsync(shop, run) is { } now && now != killed,
            TimeSpan.FromSeconds(60),
            "no other host has taken the training over"
        );
        await Poll.UntilAsync(
            async () => await shop.CountAsync($"jobs.job where id = {run} and statename = 'Succeeded'") == 1,
            TimeSpan.FromSeconds(60),
            "the training did not end"
        );

        Assert.Equal(1, await shop.CountAsync("training.model_version"));
    }

    /// <summary>Who began a run last.</summary>
    private static async Task<string?> HostOfAsync(Shop shop, long run)
    {
        await using NpgsqlCommand command = shop.Database.CreateCommand("select host from jobs.run where id = $1");
        command.Parameters.Add(new() { Value = run });
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as string;
    }
}
