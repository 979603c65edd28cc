using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Fecom.Learning.Metrics;

namespace Fecom.Training.RegisterModels;

/// <summary>What a new version must not fail before it is promoted, and how it did.</summary>
/// <param name="Gate"><c>baseline</c>: no worse than what needs no model; <c>quality</c>, <c>calibration</c>, <c>latency</c>: beside the champion; <c>serves</c>: read back from the store and asked once.</param>
/// <param name="Passed">Whether it passed.</param>
/// <param name="Detail">The figures, for a person.</param>
internal sealed record GateCheck(
    [property: AllowedValues("baseline", "quality", "calibration", "latency", "serves")] string Gate,
    bool Passed,
    string Detail
)
{
    public const string Baseline = "baseline";
    public const string Quality = "quality";
    public const string Calibration = "calibration";
    public const string Latency = "latency";
    public const string Serves = "serves";

    /// <summary>A version is too slow when it takes twice the champion's time, and more than what nobody would notice.</summary>
    /// <param name="microseconds">Of an answer.</param>
    /// <param name="champion">The champion's.</param>
    /// <param name="version">The champion's version.</param>
    /// <param name="unnoticed">Time of an answer that is never too slow, in microseconds.</param>
    public static GateCheck LatencyOf(double microseconds, double champion, int version, double unnoticed) =>
        new(
            Latency,
            microseconds <= Math.Max(2 * champion, unnoticed),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{microseconds:0.0} \u00b5s an answer against {champion:0.0} \u00b5s of version {version}"
            )
        );
}

/// <summary>Whether a new version may be promoted.</summary>
/// <param name="Checks">Every gate that it was asked at.</param>
internal sealed record GateVerdict(IReadOnlyList<GateCheck> Checks)
{
    /// <summary>What was measured for it, by name.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    public bool IsPassed => Checks.All(check => check.Passed);

    /// <summary>What speaks against it, or how it did beside the champion.</summary>
    public string Reason =>
        string.Join(
            "; ",
            Checks
                .Where(check => IsPassed ? check.Gate == GateCheck.Quality : !check.Passed)
                .Select(check => check.Detail)
        );

    /// <summary>An interval as text: <c>-0.0100 to +0.0200 by chance (95 %)</c>.</summary>
    public static string Chance(Estimate difference) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"difference {difference.Lower:+0.0000;-0.0000} to {difference.Upper:+0.0000;-0.0000} in 95 of 100 draws"
        );

    /// <summary>Whether a difference to the champion lets a version pass.</summary>
    /// <param name="gain">The version's figure less the champion's.</param>
    /// <param name="champion">The champion's figure.</param>
    /// <param name="tolerance">How much worse it may be, as a share of the champion's.</param>
    /// <param name="options">Whether it must be better, and by how much.</param>
    public static bool Allows(Estimate gain, double champion, double tolerance, TrainingOptions options) =>
        options.PromoteWhen == TrainingOptions.Better
            ? gain.Lower > options.PromotionMargin * champion
            : gain.Value >= -tolerance * champion || gain.Upper >= 0;
}

/// <summary>What became of a version.</summary>
internal static class Decisions
{
    /// <summary>It was the champion, or is.</summary>
    public const string Promoted = "promoted";

    /// <summary>It failed at a gate.</summary>
    public const string Refused = "refused";

    /// <summary>It passed, and nobody has promoted it yet.</summary>
    public const string Waiting = "waiting";
}
