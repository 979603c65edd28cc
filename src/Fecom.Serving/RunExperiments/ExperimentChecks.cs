using System.Text.RegularExpressions;

namespace Fecom.Serving.RunExperiments;

/// <summary>Checks experiments as callers write them.</summary>
internal static partial class ExperimentChecks
{
    public const int MaxName = 64;
    public const int MaxReason = 500;
    public const int MinVariants = 2;
    public const int MaxVariants = 8;
    public const double MaxWeight = 100;
    private const double Tolerance = 1e-6;

    /// <summary>The calls that an experiment can be about.</summary>
    public static IReadOnlyList<string> Places { get; } = ["session", "told_session", "user", "similar", "trending"];

    /// <summary>Those that it is about where it names none.</summary>
    public static IReadOnlyList<string> UsualPlaces { get; } = ["session", "told_session", "user"];

    /// <summary>What can be weighed.</summary>
    public static IReadOnlyList<string> Sources { get; } =
    ["next_item", "co_visitation", "category", "content", "trending", "popularity"];

    /// <summary>What a guard can judge by.</summary>
    public static IReadOnlyList<string> Metrics { get; } = ["click_rate", "conversion", "revenue_per_session"];

    /// <summary>What is wrong, by field.</summary>
    public static Dictionary<string, string[]> Check(ExperimentBody body)
    {
        Dictionary<string, string[]> errors = new(StringComparer.Ordinal);
        Require(IsName(body.Name), "name", NameMeaning);
        Require(
            body.Places is null
                || (body.Places.Count is > 0 and <= 5 && body.Places.All(Places.Contains) && IsUnique(body.Places)),
            "places",
            $"one or more of {string.Join(", ", Places)}, each once"
        );
        Require(body.Unit is "user" or "session", "unit", "user or session");
        Require(body.TrafficShare is > 0 and <= 1, "traffic_share", "above 0 and up to 1");
        Require(!(body.Reason?.Length > MaxReason), "reason", $"a text of up to {MaxReason} characters");
        if (body.Guard is { } guard)
        {
            Require(Metrics.Contains(guard.Metric), "guard.metric", string.Join(", ", Metrics));
            Require(guard.Error is >= 0.0001 and <= 0.5, "guard.error", "0.0001 to 0.5");
            Require(guard.MinUnits is >= 100 and <= 1_000_000_000, "guard.min_units", "100 to 1000000000");
        }

        if (body.Variants is not { Count: >= MinVariants and <= MaxVariants } variants)
        {
            errors["variants"] =
            [
                $"{MinVariants} to {MaxVariants} variants are needed, the first of them the control.",
            ];
            return errors;
        }

        for (int i = 0; i < variants.Count; i++)
        {
            Check(variants[i], $"variants[{i}]", Require);
        }

        Require(
            IsUnique([.. variants.Select(variant => variant?.Name ?? "")]),
            "variants",
            "a list of variants with names of their own"
        );
        Require(
            Math.Abs(variants.Sum(variant => variant?.Share ?? 0) - 1) < Tolerance,
            "variants",
            "a list of variants whose shares add up to 1"
        );
        return errors;

        void Require(bool holds, string field, string expected)
        {
            if (!holds)
            {
                errors.TryAdd(field, [$"{field[(field.LastIndexOf('.') + 1)..]} is {expected}."]);
            }
        }
    }

    /// <summary>The same with every list and default in it.</summary>
    public static ExperimentBody Whole(ExperimentBody body) =>
        body with
        {
            Places = body.Places ?? UsualPlaces,
            Reason = null,
        };

    private const string NameMeaning = "1 to 64 small letters, digits, - or _, and begins with a letter";

    private static void Check(VariantBody? variant, string place, Action<bool, string, string> require)
    {
        require(IsName(variant?.Name), $"{place}.name", NameMeaning);
        require(variant?.Share is > 0 and <= 1, $"{place}.share", "above 0 and up to 1");
        require(
            variant?.ModelVersion is null or >= 1,
            $"{place}.model_version",
            "a version of the recommender, or null"
        );
        require(variant?.RulesVersion is null or >= 0, $"{place}.rules_version", "a version of the rules, or null");
        require(
            variant?.SourceWeights is not { } weights
                || weights.All(weight => Sources.Contains(weight.Key) && weight.Value is >= 0 and <= MaxWeight),
            $"{place}.source_weights",
            $"a weight from 0 to {MaxWeight} for one or more of {string.Join(", ", Sources)}"
        );
    }

    private static bool IsName(string? name) => name is not null && NamePattern().IsMatch(name);

    private static bool IsUnique(IReadOnlyList<string> values) =>
        values.Distinct(StringComparer.Ordinal).Count() == values.Count;

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,63}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NamePattern();
}
