using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fecom.Platform.Jobs;
using Fecom.Platform.Requests;
using Fecom.Platform.Settings;

namespace Fecom.Monolith;

/// <summary>Every setting as a page of Markdown, made of the options classes and their comments.</summary>
internal static partial class SettingsPage
{
    private const string Introduction = """
        # Settings

        Every setting of the host, printed from the code by `./fecom settings`. A key is given as an environment variable (`:` becomes
        `__`), on the command line of `Fecom.Monolith serve` (`--Jobs:EtlWorkers=4`), or in `appsettings.json`, in this order. An unknown key and a
        value that cannot be end the start with a line that names the key and what it may be. Sizes, times and shares have the unit that
        the column says; a duration is `hours:minutes:seconds` or `days.hours:minutes:seconds`. Passwords and keys come from the
        environment, not from a file in the tree.

        """;

    private const string Others = """
        ## .NET and OpenTelemetry

        | key or environment variable | default | may be | meaning |
        |---|---|---|---|
        | `ASPNETCORE_URLS` | `http://localhost:5000`; `./fecom up`: `FECOM_PORT` | addresses, separated by `;` | Where the host listens. |
        | `AllowedHosts` | `localhost;127.0.0.1;[::1]` | names, separated by `;` | Values of the header Host that are answered. |
        | `Logging:LogLevel:CATEGORY` | `Information`; libraries less | one of Trace, Debug, Information, Warning, Error, Critical, None | The least level that is logged of the loggers whose names begin with the category; `Default` for all others. |
        | `FECOM_SETTINGS_FOLDER` | none | a folder | Files that are named like settings (`ConnectionStrings__Postgres`), as Docker and Kubernetes mount secrets; what they say goes before the environment. |
        | `OTEL_EXPORTER_OTLP_ENDPOINT` | none | an address such as `http://collector:4317` | Where traces, metrics and logs are sent; without it nothing is traced. OpenTelemetry's other variables hold too: `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_RESOURCE_ATTRIBUTES`. |

        """;

    private static readonly Dictionary<string, string> Connections = new(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Postgres"] =
            "Fecom's own database: `Host=…;Port=5432;Username=…;Password=…;Database=…`. Must be set.",
        ["ConnectionStrings:Redis"] =
            "The online store, as StackExchange.Redis has it: `host:6379,password=…`. Must be set.",
        ["ConnectionStrings:Capture"] = "The shop's database that is captured; empty turns the capture off.",
    };

    /// <summary>What the end of a key's name says of its unit.</summary>
    private static readonly (string End, string Unit)[] Units =
    [
        ("Milliseconds", "ms"),
        ("Seconds", "s"),
        ("Minutes", "min"),
        ("Hours", "h"),
        ("Days", "days"),
        ("Megabytes", "MiB"),
        ("MiB", "MiB"),
        ("Mib", "MiB"),
        ("Bytes", "bytes"),
        ("BytesInFlight", "bytes"),
        ("Rows", "rows"),
        ("Events", "events"),
        ("Workers", "runs"),
        ("Share", "share"),
        ("Threshold", "share"),
        ("Tolerance", "share"),
    ];

    /// <param name="services">Of a host that was built.</param>
    /// <param name="calls">Its calls.</param>
    public static string Write(IServiceProvider services, IEnumerable<EndpointDataSource> calls)
    {
        StringBuilder page = new($"{Introduction}\n");
        foreach (
            IGrouping<string, Setting> section in SettingsCheck
                .KeysOf(services)
                .GroupBy(setting => setting.Key[..setting.Key.LastIndexOf(':')], StringComparer.Ordinal)
                .OrderBy(section => section.Key, StringComparer.Ordinal)
        )
        {
            Head(page, section.Key);
            foreach (Setting setting in section)
            {
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{setting.Key}` | `{setting.Variable}` | {Default(setting)} | {Unit(setting)} | {Cell(setting.Expected)} | {Meaning(setting)} |\n"
                );
            }

            page.Append('\n');
        }

        Head(page, "Jobs:NAME");
        foreach (
            JobDefinition job in services.GetServices<JobDefinition>().OrderBy(job => job.Name, StringComparer.Ordinal)
        )
        {
            string cron = job.DefaultCron.Length == 0 ? "on demand only" : $"`{job.DefaultCron}`";
            page.Append(
                CultureInfo.InvariantCulture,
                $"| `Jobs:{job.Name}:Cron` | `Jobs__{job.Name}__Cron` | {cron} | UTC | five fields, or empty for on demand only | {Cell(job.Description)} |\n"
            );
        }

        page.Append('\n');
        Head(page, "RateLimits");
        foreach (
            ApiScope scope in calls
                .SelectMany(call => call.Endpoints)
                .Select(endpoint => endpoint.Metadata.GetMetadata<ApiScope>())
                .OfType<ApiScope>()
                .Distinct()
                .OrderBy(scope => scope.Name, StringComparer.Ordinal)
        )
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"| `RateLimits:{scope.Name}` | `RateLimits__{scope.Name}` | `{scope.CallsPerSecond}` | calls a second | a whole number, 1 or more | What one host takes of these calls; more are answered 429. |\n"
            );
        }

        return page.Append('\n').Append(Others.TrimEnd()).Append('\n').ToString();
    }

    private static void Head(StringBuilder page, string section) =>
        page.Append(
            CultureInfo.InvariantCulture,
            $"## {section}\n\n| key | environment variable | default | unit | may be | meaning |\n|---|---|---|---|---|---|\n"
        );

    private static string Default(Setting setting) =>
        setting.Default switch
        {
            null or "" => "none",
            bool value => value ? "`true`" : "`false`",
            DateTime time => $"`{time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}`",
            string text => $"`{text}`",
            IEnumerable several => several.Cast<object>().ToArray() is { Length: > 0 } all
                ? $"`{string.Join(", ", all)}`"
                : "none",
            IFormattable value => $"`{value.ToString(null, CultureInfo.InvariantCulture)}`",
            { } value => $"`{value}`",
        };

    private static string Unit(Setting setting)
    {
        Type type = Nullable.GetUnderlyingType(setting.Type) ?? setting.Type;
        return type == typeof(TimeSpan) ? "duration"
            : type.IsPrimitive && type != typeof(bool)
                ? Array.Find(Units, unit => setting.Key.EndsWith(unit.End, StringComparison.Ordinal)).Unit ?? "–"
            : "–";
    }

    private static string Meaning(Setting setting) =>
        Cell(
            setting.Property is null
                ? Connections.GetValueOrDefault(setting.Key, "")
                : DefaultSentence().Replace(XmlDocs.Of(setting.Property, isSetting: true) ?? "", "").Trim()
        );

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>A last sentence that only repeats the default.</summary>
    [GeneratedRegex(@" Default [^,;:]{1,30}\.$", RegexOptions.None, 1_000)]
    private static partial Regex DefaultSentence();
}
