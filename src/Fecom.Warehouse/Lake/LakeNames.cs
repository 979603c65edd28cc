using System.Globalization;
using System.Text.RegularExpressions;
using Fecom.Contracts;

namespace Fecom.Warehouse.Lake;

/// <summary>Names of the lake's objects.</summary>
internal static partial class LakeNames
{
    /// <summary>Before every file of events.</summary>
    public const string Events = Topics.ValidatedUserBehavior + "/";

    /// <summary>Before every file of gold that waits for a cloud warehouse.</summary>
    public const string Gold = "gold/";

    /// <summary><c>TOPIC/year=2026/month=11/day=22/hour=09/0-1200.parquet</c>.</summary>
    public static string File(DateTime hour, int partition, long firstOffset) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Events}year={hour:yyyy}/month={hour:MM}/day={hour:dd}/hour={hour:HH}/{partition}-{firstOffset}.parquet"
        );

    /// <summary>Says which database writes a partition.</summary>
    public static string Writer(int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"_writers/{partition}.json");

    /// <summary>The hour of a file's name; null when it is none of ours.</summary>
    public static DateTime? Hour(string name) =>
        FileName().Match(name) is { Success: true } match
        && DateTime.TryParseExact(
            match.Groups["y"].Value + match.Groups["m"].Value + match.Groups["d"].Value + match.Groups["h"].Value,
            "yyyyMMddHH",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTime hour
        )
            ? hour
            : null;

    [GeneratedRegex(
        @"/year=(?<y>\d{4})/month=(?<m>\d\d)/day=(?<d>\d\d)/hour=(?<h>\d\d)/\d+-\d+\.parquet$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex FileName();
}
