using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fecom.Contracts;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Ingestion.HttpEvents.AcceptEvents;

public sealed class BehaviorEventShapeTests
{
    private const string Good = """
        {"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":44600062,"category_id":2103807459595387724,"category_code":null,
        "brand":"shiseido","price":35.79,"user_id":541312140,"user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c"}
        """;

    [Fact]
    public void Check_OfAGoodEvent_FindsNothing() => Assert.Empty(Check(Good));

    [Theory]
    [InlineData("event_time", "\"2019-10-01T00:00:00Z\"")]
    [InlineData("event_time", "\"2019-10-01T02:00:00.123456+02:00\"")]
    [InlineData("event_time", "\"2019-10-01T00:00:00.123Z\"")]
    [InlineData("event_time", "\"2019-10-01T00:00:00.123456789Z\"")]
    [InlineData("event_time", "\"2019-10-01 00:00:00.5 UTC\"")]
    [InlineData("event_type", "\"remove_from_cart\"")]
    [InlineData("product_id", "\"p-1 é\"")]
    [InlineData("product_id", "-5")]
    [InlineData("user_id", "123456789012345678901234567890")]
    [InlineData("user_session", "17")]
    [InlineData("category_id", "null")]
    [InlineData("category_id", "\"\"")]
    [InlineData("category_code", "\"\"")]
    [InlineData("brand", "\"\\u00e9\\\"\"")]
    [InlineData("price", "1e2")]
    [InlineData("event_id", "\"my-1\"")]
    [InlineData("unknown", "{\"a\":[1,2]}")]
    public void Check_OfAnAllowedValue_FindsNothing(string field, string value) =>
        Assert.Empty(Check(With(field, value)));

    [Theory]
    [InlineData("event_time", "null", "event_time_present")]
    [InlineData("event_time", "1569888000", "event_time_format")]
    [InlineData("event_time", "\"2019-10-01\"", "event_time_format")]
    [InlineData("event_time", "\"2019-13-01 00:00:00 UTC\"", "event_time_format")]
    [InlineData("event_type", "\"click\"", "event_type_known")]
    [InlineData("event_type", "1", "event_type_known")]
    [InlineData("product_id", "\"\"", "product_id_present")]
    [InlineData("product_id", "1.5", "product_id_id")]
    [InlineData("product_id", "1e3", "product_id_id")]
    [InlineData("product_id", "true", "product_id_id")]
    [InlineData("product_id", "[1]", "product_id_id")]
    [InlineData("user_id", "\"   \"", "user_id_id")]
    [InlineData("user_id", "\"a\\u0000b\"", "user_id_id")]
    [InlineData("product_id", "\"a\\u0085b\"", "product_id_id")]
    [InlineData("product_id", "\"a\\u2028b\"", "product_id_id")]
    [InlineData(
        "user_session",
        "\"12345678901234567890123456789012345678901234567890123456789012345\"",
        "user_session_id"
    )]
    [InlineData("category_id", "{}", "category_id_id")]
    [InlineData("category_code", "5", "category_code_text")]
    [InlineData("brand", "\"a\\nb\"", "brand_text")]
    [InlineData("price", "\"35.79\"", "price_number")]
    [InlineData("price", "true", "price_number")]
    [InlineData("price", "1e400", "price_number")]
    [InlineData("price", "0", "price_positive")]
    [InlineData("price", "-1", "price_positive")]
    [InlineData("event_id", "\"\\u0007\"", "event_id_id")]
    public void Check_OfAWrongValue_NamesFieldAndRule(string field, string value, string rule)
    {
        EventError error = Assert.Single(Check(With(field, value)));
        Assert.Equal((field, rule), (error.Field, error.Rule));
        Assert.StartsWith(field, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfAnEmptyObject_NamesEveryRequiredField() =>
        Assert.Equal(
            ["event_time", "event_type", "product_id", "user_id", "user_session", "price"],
            Check("{}").Select(error => error.Field)
        );

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"event_time\":")]
    [InlineData("{} {}")]
    [InlineData("{\"user_id\":\"\\ud800\"}")]
    public void Check_OfSomethingElse_SaysThatItIsNoObject(string json)
    {
        EventError error = Assert.Single(Check(json));
        Assert.Equal(("$", "json_object"), (error.Field, error.Rule));
    }

    [Fact]
    public void Check_OfAFieldThatStandsTwice_TakesTheLast() =>
        Assert.Equal(
            "price_number",
            Assert.Single(Check("""{"price":1,""" + Good.Trim()[1..^1] + ""","price":"x"}""")).Rule
        );

    [Fact]
    public void Check_OfAnyBytes_NeverThrows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => BehaviorEventShape.Check(bytes).Count > 0)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Check_OfAnyText_AcceptsWhatAnotherReaderAccepts() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<NonNull<string>>(),
                text =>
                {
                    string value = JsonSerializer.Serialize(text.Get);
                    bool allowed =
                        text.Get.Length is > 0 and <= 64
                        && !text.Get.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029')
                        && !string.IsNullOrWhiteSpace(text.Get);
                    return Check(With("user_id", value)).Count == 0 == allowed;
                }
            )
            .QuickCheckThrowOnFailure();

    private static IReadOnlyList<EventError> Check(string json) =>
        BehaviorEventShape.Check(Encoding.UTF8.GetBytes(json));

    private static string With(string field, string value)
    {
        JsonObject e = JsonNode.Parse(Good)!.AsObject();
        e.Remove(field);
        return $"{e.ToJsonString()[..^1]},\"{field}\":{value}}}";
    }
}
