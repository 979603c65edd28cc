using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.ArchitectureTests;

/// <summary>The maps for maintainers (<c>src/README.md</c> and the decisions) name files that exist.</summary>
public sealed partial class MapTests
{
    private static readonly string Source = $"{Repository.Root}/src";

    public static TheoryData<string> Maps =>
        ["README.md", .. Directory.GetFiles($"{Source}/decisions").Select(path => Path.GetRelativePath(Source, path))];

    [Theory]
    [MemberData(nameof(Maps))]
    public void Every_file_and_folder_that_a_map_names_exists(string map)
    {
        string text = File.ReadAllText($"{Source}/{map}");
        string folder = Path.GetDirectoryName($"{Source}/{map}")!;

        Assert.All(
            Named().Matches(text).Select(match => match.Groups["path"].Value),
            path => Assert.True(Path.Exists($"{Source}/{path}"), path)
        );
        Assert.All(
            Linked().Matches(text).Select(match => match.Groups["path"].Value),
            path => Assert.True(File.Exists($"{folder}/{path}"), path)
        );
    }

    [Fact]
    public void The_map_names_every_project() =>
        Assert.All(
            Directory.GetDirectories(Source, "Fecom.*").Select(Path.GetFileName),
            project =>
                Assert.Contains($"`{project}`", File.ReadAllText($"{Source}/README.md"), StringComparison.Ordinal)
        );

    [GeneratedRegex(@"`(?<path>Fecom\.\w+/[\w/]+(\.cs)?)`", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Named();

    [GeneratedRegex(@"\]\((?<path>[\w./-]+\.md)\)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Linked();
}
