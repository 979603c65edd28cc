using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.ArchitectureTests;

/// <summary>Whoever passes Fecom on finds the licence of all that is in it.</summary>
public sealed partial class LicenceTests
{
    [Fact]
    public void Every_package_that_is_built_in_stands_in_the_readme_with_its_licence()
    {
        string readme = File.ReadAllText($"{Repository.Root}/README.md");
        string[] named =
        [
            .. Word()
                .Matches(readme[readme.IndexOf("## Licence", StringComparison.Ordinal)..])
                .Select(match => match.Value),
        ];

        IEnumerable<string> packages = Directory
            .EnumerateFiles($"{Repository.Root}/src", "*.csproj", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles($"{Repository.Root}/src", "*.props", SearchOption.AllDirectories))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(path =>
                Reference().Matches(File.ReadAllText(path)).Select(match => match.Groups["name"].Value)
            );

        Assert.NotEmpty(packages);
        Assert.All(
            packages,
            package =>
                Assert.Contains(
                    named,
                    name => package == name || package.StartsWith($"{name}.", StringComparison.Ordinal)
                )
        );
    }

    [GeneratedRegex("PackageReference Include=\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Reference();

    [GeneratedRegex(@"[A-Za-z][A-Za-z.]+[A-Za-z]", RegexOptions.None, 1_000)]
    private static partial Regex Word();
}
