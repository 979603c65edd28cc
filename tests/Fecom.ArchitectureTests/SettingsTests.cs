using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.ArchitectureTests;

/// <summary>Options are added by <c>AddSettings</c>, so that the check at the start and the page of the settings know every key.</summary>
public sealed partial class SettingsTests
{
    [Fact]
    public void Options_that_the_start_checks_are_added_as_settings()
    {
        string[] others =
        [
            .. Directory
                .EnumerateFiles($"{Repository.Root}/src", "*.cs", SearchOption.AllDirectories)
                .Where(file =>
                    !file.Contains("/obj/", StringComparison.Ordinal)
                    && !file.EndsWith("/SettingsRegistration.cs", StringComparison.Ordinal)
                    && Bound().IsMatch(File.ReadAllText(file))
                )
                .Select(file => Path.GetRelativePath(Repository.Root, file)),
        ];

        Assert.True(
            others.Length == 0,
            $"{string.Join(", ", others)}: services.AddSettings<TOptions>(\"Section\") takes the place of AddOptions, Bind and ValidateOnStart."
        );
    }

    [GeneratedRegex(@"\.ValidateOnStart\(", RegexOptions.None, 1_000)]
    private static partial Regex Bound();
}
