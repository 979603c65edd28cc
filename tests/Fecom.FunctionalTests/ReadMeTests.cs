using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>What the README tells a person to type works, in its order, and answers as it prints.</summary>
public sealed class ReadMeTests(Servers servers)
{
    /// <summary>Commands that are not run here, each with what runs it instead, or why nothing can.</summary>
    private static readonly Dictionary<string, string> Excused = new(StringComparer.Ordinal)
    {
        ["./fecom up"] = "ScriptTests",
        ["./fecom test"] = "runs this test",
        ["docker compose up"] = "needs Docker",
        ["ConnectionStrings__Capture="] = "names a shop's database; CaptureTests",
        ["./fecom bench"] = "takes minutes",
        ["curl -s -c jar"] = "needs a host with sign-in; AccessTests",
        ["curl -s -b jar"] = "needs a host with sign-in; AccessTests",
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Commands_of_the_README_run_and_answer_as_it_prints()
    {
        IReadOnlyList<ReadMeCommand> commands = ReadMe.Commands();
        Assert.True(commands.Count(command => command.Answer is not null) >= 2, "No printed answer was found.");
        await using Shop shop = await Shop.OpenAsync(servers);
        File.Copy(Path.Combine(Repository.Root, "data", "raw", "sample.csv"), $"{shop.Raw}/sample.csv");
        await shop.StartHostAsync();
        await TrainedAsync(shop);

        List<string> faults = [];
        foreach (ReadMeCommand command in commands.Where(command => !Excused.Keys.Any(command.Text.StartsWith)))
        {
            await PreparedAsync(shop, command);
            string output = await RunAsync(shop, command);
            faults.AddRange(
                command.Answer is null
                    ? []
                    : PrintedAnswer.Differences(command.Answer, output).Select(fault => $"{command.Text}: {fault}")
            );
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>Both models are there.</summary>
    private static Task TrainedAsync(Shop shop) =>
        Poll.UntilAsync(
            async () =>
            {
                using HttpResponseMessage ready = await shop.Http.GetAsync("/health/ready", Cancelled);
                JsonElement body = await ready.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
                return ready.IsSuccessStatusCode
                    && body.ToString().Contains("recommender version 1 serves", StringComparison.Ordinal)
                    && body.ToString().Contains("purchase version 1 serves", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(120),
            "the models of the sample were not trained"
        );

    /// <summary>Commands about invalid events need some: those of the generated file, once it has come as a file.</summary>
    private static async Task PreparedAsync(Shop shop, ReadMeCommand command)
    {
        if (command.Text.Contains("/invalid-events", StringComparison.Ordinal))
        {
            if (!File.Exists($"{shop.Raw}/day.csv"))
            {
                File.Copy($"{shop.Data}/day.csv", $"{shop.Raw}/day.csv");
            }

            await Poll.UntilAsync(
                async () => await shop.CountAsync("validation.invalid_event") >= 17,
                TimeSpan.FromSeconds(60),
                "the generated file brought no 17 invalid events"
            );
        }
    }

    /// <summary>Runs it as it stands, but against this host, in folders of its own, and with a file that is sent within seconds.</summary>
    private static async Task<string> RunAsync(Shop shop, ReadMeCommand command)
    {
        string text = command
            .Text.Replace(
                "http://localhost:8080",
                shop.Http.BaseAddress!.ToString().TrimEnd('/'),
                StringComparison.Ordinal
            )
            .Replace("/tmp/", $"{shop.Data}/", StringComparison.Ordinal)
            .Replace("data/raw", $"{shop.Data}/tables", StringComparison.Ordinal)
            .Replace("--events 100000", "--events 2000", StringComparison.Ordinal)
            .Replace("--orders 5000", "--orders 50", StringComparison.Ordinal)
            .Replace("--speed 1440", "--speed 1440000", StringComparison.Ordinal)
            .Replace("curl -s", "curl -sS --fail-with-body", StringComparison.Ordinal);
        ProcessStartInfo start = new("bash", ["-c", text])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["FECOM_HOME"] = $"{shop.Data}/home";
        start.Environment["FECOM_PORT"] = shop.Http.BaseAddress!.Port.ToString(CultureInfo.InvariantCulture);
        foreach ((string name, string value) in shop.Environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(Cancelled);
        string output = await process.StandardOutput.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        string errors = await error;
        Assert.True(process.ExitCode == 0, $"{command.Text} ended with {process.ExitCode}: {output}{errors}");
        return output;
    }
}
