using System.Text.Json;
using Fecom.Learning.Merchandising;
using Fecom.Serving.SetRules;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>What rules may say, and what their author hears of what they may not.</summary>
public sealed class RuleSetChecksTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [Theory]
    [InlineData("""{}""", "rule_set")]
    [InlineData("""{"rule_set":{"max_per_category":0}}""", "rule_set.max_per_category")]
    [InlineData("""{"rule_set":{"max_per_brand":101}}""", "rule_set.max_per_brand")]
    [InlineData("""{"rule_set":{"diversity":1.1}}""", "rule_set.diversity")]
    [InlineData("""{"rule_set":{"exploration_share":0.6}}""", "rule_set.exploration_share")]
    [InlineData("""{"rule_set":{"rules":[null]}}""", "rule_set.rules[0]")]
    public void A_wrong_set_is_named_by_its_field(string json, string field) => Assert.Equal([field], Errors(json));

    [Theory]
    [InlineData("""{"action":"exclude","products":[1]}""", "name")]
    [InlineData("""{"name":"first","action":"exclude","products":[1]}""", "name")]
    [InlineData("""{"name":"n","action":"hide","products":[1]}""", "action")]
    [InlineData("""{"name":"n","action":"exclude"}""", "products")]
    [InlineData("""{"name":"n","action":"exclude","products":[""]}""", "products")]
    [InlineData("""{"name":"n","action":"exclude","categories":[" "]}""", "categories")]
    [InlineData("""{"name":"n","action":"exclude","brands":[null]}""", "brands")]
    [InlineData("""{"name":"n","action":"exclude","min_price":-1}""", "min_price")]
    [InlineData("""{"name":"n","action":"exclude","min_price":2,"max_price":1}""", "max_price")]
    [InlineData("""{"name":"n","action":"exclude","products":[1],"factor":2}""", "factor")]
    [InlineData("""{"name":"n","action":"boost","products":[1]}""", "factor")]
    [InlineData("""{"name":"n","action":"boost","products":[1],"factor":0.5}""", "factor")]
    [InlineData("""{"name":"n","action":"bury","products":[1],"factor":0}""", "factor")]
    [InlineData("""{"name":"n","action":"bury","products":[1],"factor":1}""", "factor")]
    [InlineData("""{"name":"n","action":"pin","products":[1],"position":0}""", "position")]
    [InlineData("""{"name":"n","action":"boost","products":[1],"factor":2,"position":1}""", "position")]
    [InlineData(
        """{"name":"n","action":"exclude","products":[1],"from_at":"2026-01-02T00:00:00Z","until_at":"2026-01-02T00:00:00Z"}""",
        "until_at"
    )]
    public void A_wrong_rule_is_named_by_its_place_and_field(string rule, string field) =>
        Assert.Equal(
            [$"rule_set.rules[1].{field}"],
            Errors("""{"rule_set":{"rules":[{"name":"first","action":"include","brands":["acme"]},""" + rule + "]}}")
        );

    [Fact]
    public void A_right_set_becomes_the_rules_that_are_followed()
    {
        RuleSetChange change = Read(
            """
            {"reason":"spring","replaces":3,"rule_set":{"exclude_bought":true,"max_per_brand":2,"diversity":0.2,"exploration_share":0.1,
            "rules":[{"name":"n","action":"pin","products":[7,"x"],"max_price":9.5,"position":3,"until_at":"2026-01-02T00:00:00Z"}]}}
            """
        );

        Assert.Empty(RuleSetChecks.Check(change));
        MerchandisingRules rules = RuleSetChecks.ToRules(new RuleSetVersion(4, null, null, null, change.RuleSet!));
        MerchandisingRule rule = Assert.Single(rules.Rules);
        Assert.Equal(4, rules.Version);
        Assert.True(rules.ExcludeBought);
        Assert.False(rules.ExcludeCarted);
        Assert.Equal((2, 0.2, 0.1), (rules.MaxPerBrand, rules.Diversity, rules.ExplorationShare));
        Assert.Equal(["7", "x"], rule.Products);
        Assert.Equal((RuleAction.Pin, 9.5m, 3), (rule.Action, rule.MaxPrice, rule.Position));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), rule.Until);
    }

    private static string[] Errors(string json) => [.. RuleSetChecks.Check(Read(json)).Keys];

    private static RuleSetChange Read(string json) => JsonSerializer.Deserialize<RuleSetChange>(json, Json)!;
}
