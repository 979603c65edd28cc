using System.Diagnostics;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Monolith;

/// <summary>The page of the settings: printed by the host's own code from what it would read.</summary>
public sealed class SettingsPageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task The_page_has_a_row_for_every_kind_of_setting_and_stands_in_the_tree()
    {
        ProcessStartInfo start = new("dotnet", [$"{AppContext.BaseDirectory}Fecom.Monolith.dll", "settings"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Cancelled);
        string page = await process.StandardOutput.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);

        Assert.Equal((0, ""), (process.ExitCode, await errors));
        Assert.True(
            page == await File.ReadAllTextAsync($"{Repository.Root}/src/SETTINGS.md", Cancelled),
            "src/SETTINGS.md is not what the code prints. Renew it: ./fecom settings > src/SETTINGS.md"
        );
        string[] expected =
        [
            "| `Jobs:EtlWorkers` | `Jobs__EtlWorkers` | `2` | runs | a whole number from 0 to 64 | Loads that run at once on this host",
            "| `Jobs:load_files:Cron` | `Jobs__load_files__Cron` |",
            "| `RateLimits:events` | `RateLimits__events` | `100000` | calls a second |",
            "| `Kafka:Security:Protocol` | `Kafka__Security__Protocol` | `Plaintext` | – | one of Plaintext, Ssl,",
            "| `Serving:QueueTimeout` | `Serving__QueueTimeout` | `00:00:00.2500000` | duration | a duration such as",
            "| `ConnectionStrings:Postgres` | `ConnectionStrings__Postgres` | none |",
            "| `Logs:Json` | `Logs__Json` | `false` | – | true or false |",
            "| `OTEL_EXPORTER_OTLP_ENDPOINT` |",
        ];
        Assert.All(expected, row => Assert.Contains($"\n{row}", page, StringComparison.Ordinal));
        Assert.All(
            page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)),
            row => Assert.DoesNotContain("| |", row, StringComparison.Ordinal)
        );
    }
}
