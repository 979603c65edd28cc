using System.Text.Json;
using System.Text.RegularExpressions;
using Fecom.Testing;
using k8s;
using YamlDotNet.Core;

namespace Fecom.ArchitectureTests;

/// <summary>What is deployed with the host: every file that is named exists and can be read.</summary>
public sealed partial class DeploymentTests
{
    private static readonly string Root = Repository.Root;

    private static IEnumerable<string> Files(string pattern) =>
        Directory
            .EnumerateFiles($"{Root}/docker", pattern, SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles($"{Root}/.github", pattern, SearchOption.AllDirectories));

    [Fact]
    public void Every_file_that_the_compose_file_names_exists()
    {
        string compose = File.ReadAllText($"{Root}/docker-compose.yml");
        string[] named = [.. Mounted().Matches(compose).Select(match => match.Groups["path"].Value)];

        Assert.NotEmpty(named);
        Assert.All(named, path => Assert.True(Path.Exists($"{Root}/{path}"), path));
        // A script or file within a folder that is mounted at /fecom.
        Assert.All(
            Script().Matches(compose).Select(match => match.Groups["name"].Value),
            name => Assert.NotEmpty(Directory.EnumerateFiles($"{Root}/docker", name, SearchOption.AllDirectories))
        );
    }

    [Fact]
    public void Every_variable_of_the_compose_file_stands_in_the_example()
    {
        string example = File.ReadAllText($"{Root}/.env.example");

        Assert.All(
            Variable()
                .Matches(File.ReadAllText($"{Root}/docker-compose.yml"))
                .Select(match => match.Groups["name"].Value)
                .Distinct(),
            name => Assert.Contains($"\n{name}=", example, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Every_image_has_a_version_of_its_own() =>
        Assert.All(
            Image().Matches(File.ReadAllText($"{Root}/docker-compose.yml")).Select(match => match.Groups["tag"].Value),
            tag => Assert.Matches(@"^v?[0-9]+\.[0-9]+", tag)
        );

    [Fact]
    public void Every_JSON_and_YAML_file_can_be_read()
    {
        Assert.All(Files("*.json"), file => JsonDocument.Parse(File.ReadAllText(file)).Dispose());
        Assert.All(
            Files("*.yml").Concat(Files("*.yaml")).Append($"{Root}/docker-compose.yml"),
            file =>
            {
                Parser parser = new(new StringReader(File.ReadAllText(file)));
                while (parser.MoveNext())
                {
                    Assert.NotNull(parser.Current);
                }
            }
        );
    }

    [Fact]
    public void Every_manifest_is_what_Kubernetes_knows()
    {
        string folder = $"{Root}/docker/kubernetes";
        string list = File.ReadAllText($"{folder}/kustomization.yaml");
        List<object> objects = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file);
            if (name == "kustomization.yaml")
            {
                continue;
            }

            Assert.Contains($"- {name}", list, StringComparison.Ordinal);
            string text = File.ReadAllText(file);
            // Of operators: Kubernetes itself does not have their kinds.
            if (
                !text.Contains("strimzi.io/v1\nkind", StringComparison.Ordinal)
                && !text.Contains("coreos.com/v1\nkind", StringComparison.Ordinal)
            )
            {
                objects.AddRange(KubernetesYaml.LoadAllFromString(text, strict: true));
            }
        }

        Assert.Contains(objects, one => one is k8s.Models.V1Deployment);
        Assert.Contains(objects, one => one is k8s.Models.V2HorizontalPodAutoscaler);
        Assert.Contains(objects, one => one is k8s.Models.V1PodDisruptionBudget);
        k8s.Models.V1Container host = Assert.Single(
            objects.OfType<k8s.Models.V1Deployment>().Single().Spec.Template.Spec.Containers
        );
        Assert.All(
            [host.LivenessProbe, host.ReadinessProbe, host.StartupProbe],
            probe => Assert.StartsWith("/health/", probe.HttpGet.Path, StringComparison.Ordinal)
        );
        Assert.True(host.SecurityContext.ReadOnlyRootFilesystem);
    }

    [Fact]
    public void Every_alert_rule_has_its_paragraph_in_the_runbook()
    {
        string[] rules =
        [
            .. Alert()
                .Matches(File.ReadAllText($"{Root}/docker/prometheus/rules.yml"))
                .Select(match => match.Groups["name"].Value),
        ];
        string rulesText = File.ReadAllText($"{Root}/docker/prometheus/rules.yml");
        string[] paragraphs = File.ReadAllText($"{Root}/docker/prometheus/RUNBOOK.md").Split("\n## ")[1..];

        Assert.Equal(rules.Order(), paragraphs.Select(paragraph => paragraph.Split('\n')[0]).Order());
        Assert.All(paragraphs, paragraph => Assert.True(paragraph.Length > 150, paragraph));
        Assert.All(
            rules,
            rule =>
                Assert.Contains(
                    $"runbook_url: docker/prometheus/RUNBOOK.md#{rule.ToLowerInvariant()}\n",
                    rulesText,
                    StringComparison.Ordinal
                )
        );
    }

    /// <summary>The host's routes do not regard case, so what NGINX restricts must not either.</summary>
    [Theory]
    [InlineData("/metrics", "deny all;")]
    [InlineData("/hangfire", "deny all;")]
    [InlineData("/hangfire/recurring", "deny all;")]
    [InlineData("/health/ready", "deny all;")]
    [InlineData("/signin", "zone=sign_in ")]
    [InlineData("/signin/provider", "zone=sign_in ")]
    [InlineData("/api/v1/events", "zone=api ")]
    [InlineData("/api/v1/predictions/purchase", "zone=api ")]
    [InlineData("/api/v1/predictions/purchase", "non_idempotent;")]
    [InlineData("/api/v1/recommendations", "non_idempotent;")]
    [InlineData("/", "zone=pages ")]
    [InlineData("/signing", "zone=pages ")]
    public void NGINX_holds_a_path_to_its_rules_in_any_case(string path, string rule)
    {
        Assert.Contains(rule, RulesFor(path), StringComparison.Ordinal);
        Assert.Contains(rule, RulesFor(path.ToUpperInvariant()), StringComparison.Ordinal);
        // One letter alone: /Metrics.
        Assert.Contains(
            rule,
            RulesFor(path.Length > 1 ? $"/{char.ToUpperInvariant(path[1])}{path[2..]}" : path),
            StringComparison.Ordinal
        );
    }

    /// <summary>What stands in the location that NGINX chooses: the same path, else the first expression that matches, else a prefix.</summary>
    private static string RulesFor(string path)
    {
        IReadOnlyList<Match> locations = Location().Matches(File.ReadAllText($"{Root}/docker/nginx/nginx.conf"));
        Match chosen =
            locations.FirstOrDefault(one => one.Groups["kind"].Value == "=" && one.Groups["path"].Value == path)
            ?? locations.FirstOrDefault(one =>
                one.Groups["kind"].Value is "~" or "~*"
                && Regex.IsMatch(
                    path,
                    one.Groups["path"].Value,
                    one.Groups["kind"].Value == "~" ? RegexOptions.None : RegexOptions.IgnoreCase,
                    TimeSpan.FromSeconds(1)
                )
            )
            ?? locations
                .Where(one =>
                    one.Groups["kind"].Value.Length == 0
                    && path.StartsWith(one.Groups["path"].Value, StringComparison.Ordinal)
                )
                .MaxBy(one => one.Groups["path"].Length)!;
        return chosen.Groups["rules"].Value;
    }

    [GeneratedRegex(
        @"\n +location ((?<kind>=|~\*?) )?(?<path>\S+) \{(?<rules>[^}]*)\}",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Location();

    [GeneratedRegex(@"- \./(?<path>[\w./-]+):", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Mounted();

    [GeneratedRegex(@"/fecom/(?<name>[\w-]+\.(sh|json|py|yml))", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Script();

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\n +image: [\w./-]+:(?<tag>\S+)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Image();

    [GeneratedRegex(@"- alert: (?<name>\w+)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Alert();
}
