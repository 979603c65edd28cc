using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.FunctionalTests;

/// <summary>A study of parameters on several hosts.</summary>
public sealed class StudyTests(Servers servers)
{
    private const int Trials = 30;

    private static readonly (string, string)[] Settings =
    [
        ("Training__TrainAfterFirstLoad", "false"),
        ("Training__TrialLease", "00:00:08"),
        ("Jobs__TakeoverSeconds", "5"),
        ("Jobs__PollSeconds", "0.2"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Two_hosts_share_a_study_and_when_one_is_killed_no_trial_is_lost_or_counted_twice()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "30000",
            "--seed",
            "33",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        HostProcess first = await shop.StartHostAsync(Settings);
        HostProcess second = await shop.StartReplicaAsync(Settings);
        await shop.LoadedAsync("events.csv");

        using HttpResponseMessage answer = await first.Http.PostAsJsonAsync(
            "/api/v1/studies",
            new { trials = Trials, halving = false },
            Cancelled
        );
        answer.EnsureSuccessStatusCode();
        string killed = string.Create(CultureInfo.InvariantCulture, $":{second.Pid}");
        await Poll.UntilAsync(
            async () => (await RunningAsync(shop, killed)).Length > 0,
            TimeSpan.FromSeconds(90),
            $"the second host measures no trial; it says:\n{second.Output}"
        );
        await second.KillAsync();
        int[] inTheMiddle = await RunningAsync(shop, killed);

        await Poll.UntilAsync(
            async () => await shop.CountAsync("training.study where finished_at is not null") == 1,
            TimeSpan.FromSeconds(150),
            $"the study did not end; the first host says:\n{first.Output}"
        );

        JsonElement details = await first.Http.GetFromJsonAsync<JsonElement>(
            answer.Headers.Location!.ToString(),
            Cancelled
        );
        Assert.Equal("completed", details.GetProperty("study").GetProperty("state").GetString());
        JsonElement[] rungs =
        [
            .. details
                .GetProperty("trials")
                .EnumerateArray()
                .Select(trial => Assert.Single(trial.GetProperty("rungs").EnumerateArray())),
        ];
        Assert.Equal(Trials, rungs.Length);
        Assert.All(rungs, rung => Assert.Equal("completed", rung.GetProperty("state").GetString()));
        Assert.All(
            inTheMiddle,
            trial => Assert.InRange(rungs[trial - 1].GetProperty("attempt").GetInt32(), 2, int.MaxValue)
        );
        Assert.Contains(
            rungs,
            rung => !rung.GetProperty("host").GetString()!.EndsWith(killed, StringComparison.Ordinal)
        );
    }

    /// <summary>The trials that a host measures.</summary>
    private static async Task<int[]> RunningAsync(Shop shop, string host)
    {
        await using NpgsqlCommand command = shop.Database.CreateCommand(
            "select coalesce(array_agg(number), '{}') from training.trial_rung where host like '%' || $1 and state = 'running'"
        );
        command.Parameters.Add(new() { Value = host });
        return (int[])(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
