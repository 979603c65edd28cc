using System.Text.Json;
using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>Compares the metrics that dashboards and alert rules ask for with those that a host gives.</summary>
internal static partial class DashboardNames
{
    /// <summary>Prometheus' own.</summary>
    private static readonly string[] Others = ["up"];

    /// <param name="metrics">What a host answers at <c>/metrics</c>.</param>
    public static void Check(string metrics)
    {
        HashSet<string> given = [.. Given().Matches(metrics).Select(match => match.Groups["name"].Value)];
        // An instrument that has measured nothing yet is not at /metrics: the code has its name.
        HashSet<string> declared =
        [
            .. Directory
                .EnumerateFiles($"{Repository.Root}/src", "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Declared().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups["name"].Value.Replace('.', '_')),
        ];
        string[] asked = [.. Dashboards().Append(Rules()).SelectMany(Names).Distinct().Except(Others)];

        Assert.NotEmpty(asked);
        Assert.All(
            asked,
            name => Assert.True(given.Contains(name) || declared.Contains(Suffix().Replace(name, "")), name)
        );
    }

    private static IEnumerable<string> Dashboards() =>
        Directory
            .EnumerateFiles($"{Repository.Root}/docker/grafana/dashboards", "*.json")
            .SelectMany(file =>
            {
                using JsonDocument board = JsonDocument.Parse(File.ReadAllText(file));
                return board
                    .RootElement.GetProperty("panels")
                    .EnumerateArray()
                    .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                    .Where(target => target.TryGetProperty("expr", out _))
                    .Select(target => target.GetProperty("expr").GetString()!)
                    .ToArray();
            });

    private static string Rules() => File.ReadAllText($"{Repository.Root}/docker/prometheus/rules.yml");

    private static IEnumerable<string> Names(string text) =>
        Metric().Matches(Labels().Replace(text, "")).Select(match => match.Value);

    /// <summary>What stands in braces, and the lists of labels by which is summed or joined.</summary>
    [GeneratedRegex(@"\{[^{}]*\}|\b(by|on|group_left|without) \([^)]*\)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Labels();

    [GeneratedRegex(
        @"\b(fecom|messaging|http_server|process|dotnet)_[a-z0-9_]+\b",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Metric();

    [GeneratedRegex(@"^(?<name>[a-z][a-z0-9_]*)[{ ]", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1_000)]
    private static partial Regex Given();

    [GeneratedRegex(@"Create\w+(<\w+>)?\(\s*""(?<name>[a-z_.]+)""", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Declared();

    [GeneratedRegex("(_seconds|_bytes)?(_total|_bucket|_count|_sum)?$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Suffix();
}
