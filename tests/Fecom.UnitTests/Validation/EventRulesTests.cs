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

    private readonly RawEventValidator _validator = new(Settings, TimeProvider.System);

    private readonly JsonSchemaCheck _schema = new(
        new EventSchemas(Settings).Find(BehaviorEventSchema.Name, null)!.Document
    );

    [Fact]
    public void The_table_has_every_rule_once_and_says_what_each_is_about()
    {
        EventField[] fields = [.. Bounded.Fields];
        EventRule[] rules = [.. fields.SelectMany(Rules)];

        Assert.Equal(Enumerable.Range(0, EventKeys.OfRawEvent).Select(key => (EventKey)key), fields.Select(f => f.Key));
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
                Arb.From(RandomEvents.Any()),
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
                Arb.From(RandomEvents.Mangled(RandomEvents.Any())),
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
        if (RandomEvents.Fields(bytes) is not { } fields)
        {
            Assert.Equal([("$", "json_object")], shape.Select(error => (error.Field, error.Rule)));
            Assert.Equal([("$", "json_object")], check.Select(error => (error.Field, error.Rule)));
            return [];
        }

        FieldValue Value(EventField field) => FieldValue.Plain(fields.GetValueOrDefault(field.Key));
        Assert.Equal(EventRules.Everywhere.Errors(Value), shape);
        EventError[] expected = [.. Bounded.Errors(Value)];
        // From a topic, a number is a time as Kafka Connect writes it.
        bool isNumber = fields.GetValueOrDefault(EventKey.EventTime).Kind == JsonTokenType.Number;
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
}
