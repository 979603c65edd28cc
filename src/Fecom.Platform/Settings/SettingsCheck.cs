using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Platform.Settings;

/// <summary>Refuses settings that the host does not know, which would have no effect, and values that cannot be.</summary>
public static class SettingsCheck
{
    /// <summary>Sections of .NET's, and those whose keys are names: of loggers, of groups of calls, which have checks of their own.</summary>
    private static readonly string[] Open = ["Logging", "RateLimits", "Kestrel", "Serilog"];

    /// <summary>Below <c>Jobs</c>, a job's name and this is its schedule.</summary>
    private const string Cron = "Cron";

    private static readonly string[] Connections = ["Postgres", "Redis", "Capture"];

    /// <summary>Every key that the options of these services have, and the connection strings.</summary>
    public static IReadOnlyList<Setting> KeysOf(IServiceProvider services) =>
        [
            .. Connections.Select(name => new Setting($"ConnectionStrings:{name}", typeof(string), null)),
            .. services.GetServices<SettingsSection>().Distinct().SelectMany(Setting.Of),
        ];

    /// <exception cref="StartException">Something is wrong; the message names every key, and what it may be.</exception>
    public static void Check(IConfiguration configuration, IServiceProvider services)
    {
        IReadOnlyList<Setting> keys = KeysOf(services);
        string?[] former = [.. services.GetServices<JobDefinition>().Select(job => job.FormerCronSetting)];
        Refuse([.. Wrong(configuration, keys), .. Unknown(configuration, keys, former)]);
    }

    /// <summary>Checks the values of one section that is read before the others are known.</summary>
    /// <exception cref="StartException">As above.</exception>
    public static void Check(IConfiguration configuration, SettingsSection section) =>
        Refuse([.. Wrong(configuration, [.. Setting.Of(section)])]);

    private static void Refuse(IReadOnlyCollection<string> faults)
    {
        if (faults.Count > 0)
        {
            throw new StartException($"The configuration is not valid: {string.Join(" ", faults)}");
        }
    }

    private static IEnumerable<string> Wrong(IConfiguration configuration, IEnumerable<Setting> keys) =>
        from setting in keys
        where setting.Property is not null
        let value = configuration[setting.Key]
        where value is not null
        let expected = setting.Problem(value)
        where expected is not null
        select setting.IsSecret
            ? $"{setting.Key} cannot be read: expected is {expected.TrimEnd('.')}."
            : $"{setting.Key} is '{value}': expected is {expected.TrimEnd('.')}.";

    private static IEnumerable<string> Unknown(
        IConfiguration configuration,
        IReadOnlyList<Setting> keys,
        string?[] former
    )
    {
        string[] names = [.. keys.Select(setting => setting.Key)];
        string[] sections = [.. names.Select(Top).Concat(Open).Distinct(StringComparer.OrdinalIgnoreCase)];
        foreach (IConfigurationSection section in configuration.GetChildren())
        {
            if (Open.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!sections.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            {
                // Everything in the environment is among the settings; what has no parts, or a name of its own, is not meant for us.
                if (section.GetChildren().Any() && NearestName.Of(section.Key, sections) is { } meant)
                {
                    yield return $"There is no section {section.Key}. Is it {meant}?";
                }

                continue;
            }

            foreach ((string key, string? value) in section.AsEnumerable())
            {
                if (
                    value is not null
                    && !IsKnown(key, keys)
                    && !former.Contains(key, StringComparer.OrdinalIgnoreCase)
                    && Explain(key, names) is { } explanation
                )
                {
                    yield return explanation;
                }
            }
        }
    }

    /// <summary>Of a list or a dictionary every key below its own is known.</summary>
    private static bool IsKnown(string key, IEnumerable<Setting> keys) =>
        (
            key.StartsWith("Jobs:", StringComparison.OrdinalIgnoreCase)
            && key.EndsWith($":{Cron}", StringComparison.Ordinal)
        )
        || keys.Any(setting =>
            key.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)
            || (setting.IsOpen && key.StartsWith($"{setting.Key}:", StringComparison.OrdinalIgnoreCase))
        );

    /// <summary>A key beside known ones, or near to one, is a mistake; below a section that nobody added by AddSettings it is left to whoever reads it.</summary>
    private static string? Explain(string key, IReadOnlyCollection<string> names)
    {
        string section = Above(key);
        string[] beside = [.. names.Where(name => Above(name).Equals(section, StringComparison.OrdinalIgnoreCase))];
        return NearestName.Of(key, names) is { } meant ? $"There is no setting {key}. Is it {meant}?"
            : beside.Length > 0
                ? $"There is no setting {key}. {section} has {string.Join(", ", beside.Select(name => name[(section.Length + 1)..]))}."
            : null;
    }

    private static string Above(string key) => key[..key.LastIndexOf(':')];

    private static string Top(string key) => key.Split(':')[0];
}
