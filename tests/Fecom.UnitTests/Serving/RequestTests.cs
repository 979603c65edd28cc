using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Serving.PredictPurchase;
using Fecom.Serving.RecommendProducts;
using Fecom.UnitTests.Learning;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>What callers may send, and what they hear of what they may not.</summary>
public sealed class RequestTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [Theory]
    [InlineData("1005073", "1005073")]
    [InlineData("\"1005073\"", "1005073")]
    [InlineData("-7", "-7")]
    [InlineData("\"a b\"", "a b")]
    [InlineData("null", null)]
    [InlineData("1.5", "")]
    [InlineData("1e3", "")]
    [InlineData("true", "")]
    [InlineData("[1]", "")]
    [InlineData("{\"a\":[1]}", "")]
    public void An_id_is_an_integer_or_a_string(string json, string? expected) =>
        Assert.Equal(
            expected,
            JsonSerializer.Deserialize<PredictionInstance>($$"""{"product_id":{{json}},"user_id":1}""", Json)!.ProductId
        );

    [Fact]
    public void A_wrong_instance_is_named_by_its_index_and_field()
    {
        PurchasePredictionRequest request = Read(
            """{"instances":[{"product_id":1,"user_session":"s"},{"user_session":"s","user_id":""},{"product_id":true,"user_session":" "},null]}"""
        );

        Dictionary<string, string[]> errors = PredictPurchaseApi.Check(request.Instances);

        Assert.Equal(
            [
                "instances[1].product_id",
                "instances[1].user_id",
                "instances[2].product_id",
                "instances[2].user_session",
                "instances[3]",
            ],
            errors.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal("product_id is missing.", errors["instances[1].product_id"][0]);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"instances":[]}""")]
    public void No_instance_is_an_error(string json) =>
        Assert.Equal(
            ["1 to 1000 instances are needed, 0 were given."],
            PredictPurchaseApi.Check(Read(json).Instances)["instances"]
        );

    [Fact]
    public void More_than_a_thousand_instances_are_an_error()
    {
        PredictionInstance instance = new("p", "s", "u");

        Assert.Empty(PredictPurchaseApi.Check([.. Enumerable.Repeat(instance, 1_000)]));
        Assert.Contains("instances", PredictPurchaseApi.Check([.. Enumerable.Repeat(instance, 1_001)]));
    }

    [Theory]
    [InlineData(0, null, null, "count")]
    [InlineData(101, null, null, "count")]
    [InlineData(20, null, "a,b\u0007", "exclude")]
    public void A_wrong_parameter_is_named(int count, string? category, string? exclude, string expected)
    {
        Dictionary<string, string[]> errors = [];

        _ = RecommendationFilter.Read(new(count, category, exclude is null ? null : [exclude]), true, errors);

        Assert.Equal(expected, Assert.Single(errors).Key);
    }

    [Fact]
    public void Parameters_have_defaults_and_lists_are_split()
    {
        Dictionary<string, string[]> errors = [];

        RecommendationFilter plain = RecommendationFilter.Read(new(20), true, errors);
        RecommendationFilter full = RecommendationFilter.Read(
            new(5, " a.b.c ", ["a, b,,c", "d\\,e", @"f\\g\h,"]),
            false,
            errors
        );

        Assert.Empty(errors);
        Assert.Equal((20, null, true), (plain.Count, plain.Category, plain.ExcludeSeen));
        Assert.Equal((5, "a.b.c", false), (full.Count, full.Category, full.ExcludeSeen));
        Assert.Equal(["a", "b", "c", "d,e", @"f\g\h"], full.Exclude);
    }

    [Fact]
    public void A_told_session_has_the_products_of_the_same_live_one()
    {
        Random random = new(1);
        SessionState live = new();
        List<SessionEvent> told = [];
        // As many as a session remembers, and as many products: beyond that the live one knows more.
        for (int i = 0; i < SessionState.Remembered; i++)
        {
            BehaviorEvent e = Events.Of(
                (BehaviorEventType)random.Next(4),
                $"p{random.Next(RecentProducts.Capacity)}",
                i
            );
            live.Step(e);
            told.Add(new SessionEvent(e.EventType.Name(), e.ProductId));
        }

        VisitorSession session = RecommendProductsApi.Read(told, []);
        Assert.Equal(live.Recent(), session.Recent);
        Assert.Equal(VisitorSession.Of(live).Visits, session.Visits);
    }

    [Fact]
    public void A_wrong_event_of_a_told_session_is_named()
    {
        Dictionary<string, string[]> errors = [];

        RecommendProductsApi.Read([new("view", "a"), new("look", "b"), null], errors);

        Assert.Equal(
            ["events[1].event_type", "events[2].event_type", "events[2].product_id"],
            errors.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("apparel", "apparel")]
    [InlineData("electronics.smartphone", "electronics.smartphone")]
    [InlineData("appliances.kitchen.washer", "appliances.kitchen.washer")]
    [InlineData("a.b.c.d.", "a.b.c.d.")]
    [InlineData("a.b.", "a.b")]
    [InlineData("a..c", "a")]
    [InlineData("appliances.", "appliances")]
    [InlineData(".kitchen", ".kitchen")]
    public void A_category_is_the_same_from_the_event_and_from_the_offline_store(string? code, string? expected)
    {
        (string? level1, string? level2) = CategoryLevels.Of(code);

        Assert.Equal(expected, Category.OfCode("1", code).Path);
        Assert.Equal(expected, Category.Of("1", level1, level2, CategoryLevels.RestOf(code)).Path);
    }

    private static PurchasePredictionRequest Read(string json) =>
        JsonSerializer.Deserialize<PurchasePredictionRequest>(json, Json)!;
}
