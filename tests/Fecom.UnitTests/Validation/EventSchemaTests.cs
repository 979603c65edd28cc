using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.UnitTests.Contracts;
using Fecom.Validation.PublishSchemas;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Validation;

/// <summary>The published schema, the rules and the API's check of the shape say the same of the same events.</summary>
public sealed class EventSchemaTests
{
    private const string Good =
        """{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":44600062,"category_id":2103807459595387724,"category_code":"electronics.smartphone","brand":"shiseido","price":35.79,"user_id":541312140,"user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c","event_id":null}""";

    private static readonly IOptions<ValidationRules> Rules = Options.Create(new ValidationRules());
    private readonly EventSchemas _schemas = new(Rules);
    private readonly EventCheck _check = new(new RawEventValidator(Rules, TimeProvider.System));

    public static TheoryData<bool, string, string> Cases
    {
        get
        {
            TheoryData<bool, string, string> cases = [];
            foreach (string time in EventTimesTests.Taken)
            {
                cases.Add(true, "event_time", $"\"{time}\"");
            }

            foreach (string time in EventTimesTests.Refused)
            {
                cases.Add(false, "event_time", $"\"{time}\"");
            }

            foreach (string time in new[] { "1569888000", "1.7636328e12", "null", "\"\"", "true" })
            {
                cases.Add(false, "event_time", time);
            }

            foreach (string type in new[] { "view", "cart", "remove_from_cart", "purchase" })
            {
                cases.Add(true, "event_type", $"\"{type}\"");
            }

            foreach (string type in new[] { "\"View\"", "\"gaze\"", "1", "null", "[\"view\"]" })
            {
                cases.Add(false, "event_type", type);
            }

            foreach (
                string id in new[]
                {
                    "\"44600062\"",
                    "0",
                    "-7",
                    "18446744073709551616",
                    "\"sku 7/ä\"",
                    $"\"{new string('x', 64)}\"",
                }
            )
            {
                cases.Add(true, "product_id", id);
                cases.Add(true, "user_session", id);
                cases.Add(true, "category_id", id);
                cases.Add(true, "event_id", id);
            }

            foreach (
                string id in new[]
                {
                    "4.5",
                    "true",
                    "false",
                    "\" \"",
                    "\"a\\u0007b\"",
                    "\"a\\u0085b\"",
                    "\"a\\u2028b\"",
                    "\"a\\u2029b\"",
                    $"\"{new string('x', 65)}\"",
                    "{}",
                    "[1]",
                }
            )
            {
                cases.Add(false, "product_id", id);
                cases.Add(false, "user_id", id);
                cases.Add(false, "category_id", id);
                cases.Add(false, "event_id", id);
            }

            foreach (string absent in new[] { "null", "\"\"" })
            {
                cases.Add(true, "category_id", absent);
                cases.Add(true, "brand", absent);
                cases.Add(true, "category_code", absent);
                cases.Add(false, "user_id", absent);
                cases.Add(false, "price", absent);
            }

            foreach (
                string text in new[]
                {
                    "7",
                    "false",
                    "\"a\\nb\"",
                    "\"\\u0000\"",
                    $"\"{new string('x', 257)}\"",
                    "{\"deep\":1}",
                }
            )
            {
                cases.Add(false, "brand", text);
                cases.Add(false, "category_code", text);
            }

            cases.Add(true, "brand", "\"löwe \\\"x\\\"\"");
            foreach (string price in new[] { "0.01", "1e3", "100000000", "35" })
            {
                cases.Add(true, "price", price);
            }

            foreach (string price in new[] { "0", "-1", "-0.0", "\"35.79\"", "true", "1e400", "1e12" })
            {
                cases.Add(false, "price", price);
            }

            cases.Add(true, "colour", "{\"deep\":[1]}");
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_schema_and_the_rules_agree(bool good, string field, string value)
    {
        string json = With(field, value);

        Assert.Equal(good, Schema.Allows(JsonDocument.Parse(json).RootElement));
        Assert.Equal(good, _check.Errors(Encoding.UTF8.GetBytes(json)).Count == 0);
        if (value != "1e12")
        {
            // A highest price is a setting, which the API's check of the shape does not know.
            Assert.Equal(good, BehaviorEventShape.Check(Encoding.UTF8.GetBytes(json)).Count == 0);
        }
    }

    [Theory]
    [InlineData("event_time", true)]
    [InlineData("event_type", true)]
    [InlineData("product_id", true)]
    [InlineData("price", true)]
    [InlineData("user_id", true)]
    [InlineData("user_session", true)]
    [InlineData("category_id", false)]
    [InlineData("category_code", false)]
    [InlineData("brand", false)]
    [InlineData("event_id", false)]
    public void They_agree_on_what_must_be_there(string field, bool required)
    {
        Dictionary<string, JsonElement> fields = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Good)!;
        fields.Remove(field);
        string json = JsonSerializer.Serialize(fields);

        Assert.Equal(!required, Schema.Allows(JsonDocument.Parse(json).RootElement));
        Assert.Equal(!required, _check.Errors(Encoding.UTF8.GetBytes(json)).Count == 0);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("\"view\"")]
    [InlineData("null")]
    [InlineData("true")]
    public void They_agree_that_an_event_is_an_object(string json)
    {
        Assert.False(Schema.Allows(JsonDocument.Parse(json).RootElement));
        Assert.NotEmpty(_check.Errors(Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void A_validated_event_is_what_its_schema_says()
    {
        BehaviorEvent e = new()
        {
            EventId = Guid.NewGuid(),
            EventTime = new(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc),
            EventType = BehaviorEventType.RemoveFromCart,
            ProductId = "1",
            Brand = "x",
            Price = 0.01m,
            UserId = "u",
            UserSession = "s",
            Source = "api",
            Position = 3,
            ReceivedAt = new(2019, 10, 3, 0, 0, 0, DateTimeKind.Utc),
            ValidatedAt = new(2019, 10, 3, 0, 0, 1, DateTimeKind.Utc),
            Late = true,
        };
        System.Buffers.ArrayBufferWriter<byte> json = new();
        BehaviorEventJson.Write(json, e);

        Assert.True(
            new JsonSchemaCheck(_schemas.Find("validated_behavior_event", null)!.Document).Allows(
                JsonDocument.Parse(json.WrittenMemory).RootElement
            )
        );
        Assert.Equal(e, BehaviorEventJson.Read(json.WrittenSpan));
    }

    private JsonSchemaCheck Schema => new(_schemas.Find("behavior_event", 2)!.Document);

    private static string With(string field, string value)
    {
        Dictionary<string, object> fields = JsonSerializer
            .Deserialize<Dictionary<string, JsonElement>>(Good)!
            .ToDictionary(pair => pair.Key, pair => (object)pair.Value, StringComparer.Ordinal);
        fields.Remove(field);
        string rest = JsonSerializer.Serialize(fields);
        return $"{rest[..^1]},\"{field}\":{value}}}";
    }
}
