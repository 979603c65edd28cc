using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Validation.PublishSchemas;
using Fecom.Validation.ValidateEvents;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Validation;

/// <summary>
/// Whatever checks an event agrees with the table of rules, rule by rule: on events with random and wrong values, fields that
/// are missing or stand twice, and on bytes that were changed on their way.
/// </summary>
public sealed class EventRulesTests
{
    private const int Events = 6_000;

    private static readonly IOptions<ValidationRules> Settings = Options.Create(new ValidationRules());

    private static readonly EventRules Bounded = new(Settings.Value.Bounds(TimeProvider.System));

    private static readonly string[] Good =
    [
        "\"2019-10-01 00:00:00 UTC\"",
        "\"view\"",
        "44600062",
        "\"u\"",
        "\"72d76fde-8bb3-4e00-8c23-a032dfed738c\"",
        "35.79",
        "null",
        "\"electronics.smartphone\"",
        "\"shiseido\"",
        "\"my-1\"",
    ];

    /// <summary>Values at the edges of one rule or another.</summary>
    private static readonly string[] Edges =
    [
        "null",
        "\"\"",
        "true",
        "false",
        "[]",
        "[1,\"a\"]",
        "{}",
        "{\"a\":{\"b\":[]}}",
        "0",
        "-0",
        "-7",
        "4.5",
        "1e2",
        "1E+3",
        "1e-30",
        "1e28",
        "1e400",
        "100000000",
        "100000000.01",
        "0.00000000000000000000000000001",
        "79228162514264337593543950336",
        $"\"{new string('x', EventRules.MaxIdLength)}\"",
        $"\"{new string('x', EventRules.MaxIdLength + 1)}\"",
        $"\"{new string('ä', EventRules.MaxTextLength)}\"",
        $"\"{new string('x', EventRules.MaxTextLength + 1)}\"",
        $"\"{new string('x', 2_000)}\"",
        new string('9', EventRules.MaxIdLength),
        new string('9', EventRules.MaxIdLength + 1),
        "\" \"",
        "\"\\u00a0\"",
        "\"\\u0000\"",
        "\"a\\nb\"",
        "\"a\\u0085b\"",
        "\"a\\u2028b\"",
        "\"a\\u007fb\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"v\\u0069ew\"",
        "\"View\"",
        "\"purchase\"",
        "\"2019-10-01T02:00:00.123456+02:00\"",
        "\"2019-02-30 00:00:00 UTC\"",
        "\"2019-10-01 00:00:00\"",
        "\"1999-12-31 23:59:59 UTC\"",
        "\"2999-01-01T00:00:00Z\"",
        "\"0001-01-01T00:00:00+14:00\"",
        "\"AIPk\"",
    ];

    private readonly RawEventValidator _validator = new(Settings, TimeProvider.System);

    private readonly JsonSchemaCheck _schema = new(
        new EventSchemas(Settings).Find(BehaviorEventSchema.Name, null)!.Document
    );

    [Fact]
    public void The_table_has_every_rule_once_and_says_what_each_is_about()
    {
        EventField[] fields = [.. Bounded.Fields];
        EventRule[] rules = [.. fields.SelectMany(Rules)];

        Assert.Equal(rules.Length, rules.DistinctBy(rule => rule.Name).Count());
        Assert.All(
            fields,
            field =>
                Assert.All(
                    Rules(field),
                    rule =>
                    {
                        Assert.StartsWith(field.Name, rule.Name, StringComparison.Ordinal);
                        Assert.StartsWith($"{field.Name} ", rule.Message, StringComparison.Ordinal);
                    }
                )
        );
        Assert.Equal(
            EventRules.Everywhere.Fields.SelectMany(Rules).Select(rule => (rule.Name, rule.Message)),
            rules
                .Where(rule => rule.Name is not ("event_time_oldest" or "event_time_future" or "price_highest"))
                .Select(rule => (rule.Name, rule.Message))
        );
    }

    [Fact]
    public void Every_check_agrees_with_the_table_on_any_event()
    {
        HashSet<string> broken = [];
        HashSet<string> brokenOfShape = [];
        Prop.ForAll(
                Arb.From(AnyEvent()),
                json =>
                {
                    byte[] bytes = Encoding.UTF8.GetBytes(json);
                    broken.UnionWith(AssertAgreement(bytes));
                    brokenOfShape.UnionWith(BehaviorEventShape.Check(bytes).Select(error => error.Rule));
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Events));

        // Otherwise the events would not have shown that the checks agree on this rule too; only a change of a database breaks a scale.
        Assert.Empty(Names(Bounded).Except(broken));
        Assert.Empty(Names(EventRules.Everywhere).Except(brokenOfShape));
    }

    [Fact]
    public void Every_check_agrees_with_the_table_on_bytes_that_were_changed() =>
        Prop.ForAll(
                Arb.From(
                    from json in AnyEvent()
                    from cuts in Gen.Choose(1, 3)
                    from at in Gen.Choose(0, 100_000).ArrayOf(cuts)
                    from with in Gen.OneOf(
                            Gen.Elements("{}[]\",:\\0e -\n\t"u8.ToArray()),
                            Gen.Choose(0, 255).Select(b => (byte)b)
                        )
                        .ArrayOf(cuts)
                    from how in Gen.Choose(0, 2).ArrayOf(cuts)
                    select Mangle(Encoding.UTF8.GetBytes(json), at, with, how)
                ),
                bytes =>
                {
                    AssertAgreement(bytes);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Events));

    private static IEnumerable<string> Names(EventRules table) =>
        table
            .Fields.SelectMany(Rules)
            .Select(rule => rule.Name)
            .Where(name => !name.EndsWith("_scale", StringComparison.Ordinal));

    private static IEnumerable<EventRule> Rules(EventField field) =>
        field.Missing is { } missing ? [missing, .. field.Rules] : field.Rules;

    /// <returns>The rules that the event breaks.</returns>
    private IEnumerable<string> AssertAgreement(byte[] bytes)
    {
        IReadOnlyList<EventError> shape = BehaviorEventShape.Check(bytes);
        IReadOnlyList<EventError> check = new EventCheck(_validator).Errors(bytes);
        if (Parse(bytes) is not { } fields)
        {
            Assert.Equal([("$", "json_object")], shape.Select(error => (error.Field, error.Rule)));
            Assert.Equal([("$", "json_object")], check.Select(error => (error.Field, error.Rule)));
            return [];
        }

        FieldValue Value(EventField field) => FieldValue.Plain(fields.GetValueOrDefault(field.Name));
        Assert.Equal(EventRules.Everywhere.Errors(Value), shape);
        EventError[] expected = [.. Bounded.Errors(Value)];
        // From a topic, a number is a time as Kafka Connect writes it.
        bool isNumber = fields.GetValueOrDefault("event_time").Kind == JsonTokenType.Number;
        Assert.Equal(Without(expected, isNumber), Without(check, isNumber));
        if (expected.Length == 0)
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            Assert.True(_schema.Allows(document.RootElement), "The schema refuses what the rules take.");
        }

        return expected.Select(error => error.Rule);
    }

    private static IEnumerable<EventError> Without(IEnumerable<EventError> errors, bool time) =>
        errors.Where(error => !time || error.Field != "event_time");

    /// <summary>The fields of an event as another reader has them; null when it is no event's JSON.</summary>
    private static Dictionary<string, RawField>? Parse(byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            Dictionary<string, RawField> fields = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                // Names and values of fields that no event has are passed over, also where they are no text.
                if (Bounded.Fields.FirstOrDefault(field => property.NameEquals(field.Name)) is not { } known)
                {
                    continue;
                }

                fields[known.Name] = property.Value.ValueKind switch
                {
                    JsonValueKind.String => new(JsonTokenType.String, property.Value.GetString()),
                    JsonValueKind.Number => new(JsonTokenType.Number, property.Value.GetRawText()),
                    JsonValueKind.Null => new(JsonTokenType.Null, null),
                    JsonValueKind.True or JsonValueKind.False => new(JsonTokenType.True, null),
                    JsonValueKind.Array => new(JsonTokenType.StartArray, null),
                    _ => new(JsonTokenType.StartObject, null),
                };
            }

            return fields;
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return null;
        }
    }

    private static Gen<string> AnyEvent() =>
        from wrong in Gen.Choose(0, 3)
        from places in Gen.Choose(0, Good.Length - 1).ArrayOf(wrong)
        from values in Value().ArrayOf(wrong)
        from left in Gen.Frequency((4, Gen.Constant(-1)), (1, Gen.Choose(0, Good.Length - 1)))
        from twice in Gen.Frequency((4, Gen.Constant(-1)), (1, Gen.Choose(0, Good.Length - 1)))
        from again in Value()
        from first in Gen.Choose(0, Good.Length - 1)
        select Write(places, values, left, twice, again, first);

    private static Gen<string> Value() =>
        Gen.Frequency(
            (6, Gen.Elements(Edges)),
            (2, ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => JsonSerializer.Serialize(text.Get))),
            (1, ArbMap.Default.GeneratorFor<long>().Select(number => JsonSerializer.Serialize(number))),
            (1, ArbMap.Default.GeneratorFor<decimal>().Select(number => JsonSerializer.Serialize(number))),
            (
                1,
                ArbMap.Default.GeneratorFor<DateTime>().Select(time => JsonSerializer.Serialize(time.ToUniversalTime()))
            )
        );

    private static string Write(int[] places, string[] values, int left, int twice, string again, int first)
    {
        string[] written = [.. Good];
        foreach ((int place, string value) in places.Zip(values))
        {
            written[place] = value;
        }

        StringBuilder json = new("{");
        foreach (int i in Enumerable.Range(0, Good.Length).Select(i => (i + first) % Good.Length).Where(i => i != left))
        {
            json.Append(json.Length > 1 ? "," : "").Append($"\"{Bounded.Fields[i].Name}\":{written[i]}");
        }

        return twice < 0 ? $"{json}}}" : $"{json}, \"other\" : [{again}],\"{Bounded.Fields[twice].Name}\":{again} }}";
    }

    private static byte[] Mangle(byte[] json, int[] at, byte[] with, int[] how)
    {
        List<byte> bytes = [.. json];
        for (int i = 0; i < at.Length && bytes.Count > 0; i++)
        {
            int place = at[i] % bytes.Count;
            switch (how[i])
            {
                case 0:
                    bytes.RemoveAt(place);
                    break;
                case 1:
                    bytes.Insert(place, with[i]);
                    break;
                default:
                    bytes[place] = with[i];
                    break;
            }
        }

        return [.. bytes];
    }
}
