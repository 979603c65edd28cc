using Fecom.Contracts;
using Fecom.Learning.Merchandising;

namespace Fecom.Serving.SetRules;

/// <summary>Checks rules as callers write them, and makes of them those that recommendations go by.</summary>
internal static class RuleSetChecks
{
    public const int MaxRules = 200;
    public const int MaxName = 100;
    public const int MaxReason = 500;
    public const int MaxProducts = 1_000;
    public const int MaxWords = 100;
    public const int MaxCap = 100;
    public const int MaxPosition = 100;
    public const double MinFactor = 0.001;
    public const double MaxFactor = 100;
    public const double MaxExploration = 0.5;
    public const double MaxPriceLimit = 1e9;
    private const int MaxWordLength = 256;
    private const int MaxErrors = 100;

    /// <summary>What is wrong, by field.</summary>
    public static Dictionary<string, string[]> Check(RuleSetChange change)
    {
        Dictionary<string, string[]> errors = new(StringComparer.Ordinal);
        if (change.Reason?.Length > MaxReason)
        {
            errors["reason"] = [$"reason has {MaxReason} characters at most."];
        }

        if (change.RuleSet is not { } set)
        {
            errors["rule_set"] = ["rule_set is missing."];
            return errors;
        }

        Require(set.MaxPerCategory is null or (>= 1 and <= MaxCap), "max_per_category", $"1 to {MaxCap}, or null");
        Require(set.MaxPerBrand is null or (>= 1 and <= MaxCap), "max_per_brand", $"1 to {MaxCap}, or null");
        Require(set.Diversity is >= 0 and <= 1, "diversity", "0 to 1");
        Require(set.ExplorationShare is >= 0 and <= MaxExploration, "exploration_share", "0 to 0.5");
        Require(set.Rules is not { Count: > MaxRules }, "rules", $"up to {MaxRules} rules");
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < set.Rules?.Count && i < MaxRules && errors.Count < MaxErrors; i++)
        {
            Check(set.Rules[i], $"rule_set.rules[{i}]", names, errors);
        }

        return errors;

        void Require(bool holds, string field, string expected)
        {
            if (!holds)
            {
                errors[$"rule_set.{field}"] = [$"{field} is {expected}."];
            }
        }
    }

    /// <summary>The same with a list, which may be empty, wherever there can be one.</summary>
    public static RuleSetBody Whole(RuleSetBody set) =>
        set with
        {
            Rules =
            [
                .. (set.Rules ?? []).Select(rule =>
                    rule! with
                    {
                        Products = rule.Products ?? [],
                        Categories = rule.Categories ?? [],
                        Brands = rule.Brands ?? [],
                    }
                ),
            ],
        };

    /// <summary>The rules as recommendations go by them.</summary>
    public static MerchandisingRules ToRules(RuleSetVersion version)
    {
        RuleSetBody set = version.RuleSet;
        return new MerchandisingRules
        {
            Version = version.Version,
            ExcludeCarted = set.ExcludeCarted,
            ExcludeBought = set.ExcludeBought,
            MaxPerCategory = set.MaxPerCategory,
            MaxPerBrand = set.MaxPerBrand,
            Diversity = set.Diversity,
            ExplorationShare = set.ExplorationShare,
            Rules = [.. (set.Rules ?? []).Select(rule => ToRule(rule!))],
        };
    }

    private static void Check(RuleBody? rule, string place, HashSet<string> names, Dictionary<string, string[]> errors)
    {
        if (rule is null)
        {
            errors[place] = ["The rule is null."];
            return;
        }

        Require(
            !string.IsNullOrWhiteSpace(rule.Name) && rule.Name.Length <= MaxName && !rule.Name.Any(char.IsControl),
            "name",
            $"a text of 1 to {MaxName} characters"
        );
        Require(rule.Name is null || names.Add(rule.Name), "name", "another than those of the rules before it");
        RuleAction? action = ActionOf(rule.Action);
        Require(action is not null, "action", "exclude, include, pin, boost or bury");
        Require(
            rule.Products is not { } ids || (ids.Count <= MaxProducts && ids.All(OpaqueId.IsValid)),
            "products",
            $"up to {MaxProducts} ids, each an integer or a text of 1 to 64 printable characters"
        );
        Require(AreWords(rule.Categories), "categories", $"up to {MaxWords} texts of 1 to {MaxWordLength} characters");
        Require(AreWords(rule.Brands), "brands", $"up to {MaxWords} texts of 1 to {MaxWordLength} characters");
        Require(rule.MinPrice is null or (>= 0 and <= 1e9m), "min_price", "0 to 1000000000");
        Require(rule.MaxPrice is null or (>= 0 and <= 1e9m), "max_price", "0 to 1000000000");
        Require(!(rule.MinPrice > rule.MaxPrice), "max_price", "min_price or more");
        Require(
            rule is { Products.Count: > 0 } or { Categories.Count: > 0 } or { Brands.Count: > 0 }
                || rule.MinPrice is not null
                || rule.MaxPrice is not null,
            "products",
            "needed, or categories, brands, min_price or max_price: a rule is about some products"
        );
        Require(
            action switch
            {
                RuleAction.Boost => rule.Factor is > 1 and <= MaxFactor,
                RuleAction.Bury => rule.Factor is >= MinFactor and < 1,
                _ => rule.Factor is null,
            },
            "factor",
            "above 1 and up to 100 for a boost, 0.001 to below 1 for a bury, and left out otherwise"
        );
        Require(
            action == RuleAction.Pin ? rule.Position is null or (>= 1 and <= MaxPosition) : rule.Position is null,
            "position",
            $"1 to {MaxPosition} for a pin, and left out otherwise"
        );
        Require(!(rule.FromAt >= rule.UntilAt), "until_at", "after from_at");

        void Require(bool holds, string field, string expected)
        {
            if (!holds)
            {
                errors.TryAdd($"{place}.{field}", [$"{field} is {expected}."]);
            }
        }
    }

    private static bool AreWords(IReadOnlyList<string>? words) =>
        words is null
        || (
            words.Count <= MaxWords
            && words.All(word => !string.IsNullOrWhiteSpace(word) && word.Length <= MaxWordLength)
        );

    private static RuleAction? ActionOf(string? action) =>
        action switch
        {
            "exclude" => RuleAction.Exclude,
            "include" => RuleAction.Include,
            "pin" => RuleAction.Pin,
            "boost" => RuleAction.Boost,
            "bury" => RuleAction.Bury,
            _ => null,
        };

    private static MerchandisingRule ToRule(RuleBody rule) =>
        new()
        {
            Name = rule.Name!,
            Action = ActionOf(rule.Action)!.Value,
            Products = rule.Products ?? [],
            Categories = rule.Categories ?? [],
            Brands = rule.Brands ?? [],
            MinPrice = rule.MinPrice,
            MaxPrice = rule.MaxPrice,
            Factor = rule.Factor ?? 1,
            Position = rule.Position ?? 1,
            From = rule.FromAt,
            Until = rule.UntilAt,
        };
}
