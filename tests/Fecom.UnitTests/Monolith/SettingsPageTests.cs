using System.Diagnostics;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Monolith;

/// <summary>The page of the settings says what the code says.</summary>
public sealed class SettingsPageTests
{
    [Fact(Timeout = 300_000)]
    public async Task The_page_of_the_settings_is_what_the_code_prints()
    {
        ProcessStartInfo start = new("dotnet", [$"{AppContext.BaseDirectory}Fecom.Monolith.dll", "settings"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string printed = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (process.ExitCode, await errors));
        string page = await File.ReadAllTextAsync(
            $"{Repository.Root}/src/CONFIGURATION.md",
            TestContext.Current.CancellationToken
        );
        Assert.True(
            page == printed,
            "The settings have changed; this writes them down: ./fecom settings > src/CONFIGURATION.md"
        );
    }
}
