using System.Globalization;
using Fecom.Contracts;
using Fecom.Validation.FollowChanges;
using Xunit;
using static Fecom.UnitTests.Validation.DebeziumMessages;

namespace Fecom.UnitTests.Validation;

/// <summary>Messages as Debezium 3.6.1 sent them in one setting or another: each is the event, the skip or the refusal that its line names.</summary>
public sealed class DebeziumTests
{
    private readonly SortedEvents _sorted = new();

    public static TheoryData<string> Cases => [.. Lines().Select(line => line.Case).Distinct()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_message_is_what_its_line_says(string name)
    {
        Line[] lines = [.. Lines().Where(line => line.Case == name)];
        _sorted.Sort([.. lines.Select(line => line.Message)]);
        string expect = lines[0].Expect;
        int events =
            expect.StartsWith("event", StringComparison.Ordinal) ? 1
            : expect == "two events" ? 2
            : expect.StartsWith("no second event", StringComparison.Ordinal) ? 1
            : 0;
        int invalid =
            expect.StartsWith("invalid", StringComparison.Ordinal)
            || name.StartsWith("CloudEvents", StringComparison.Ordinal)
                ? 1
                : 0;
        Assert.Equal((events, invalid), (_sorted.Valid.Count, _sorted.Invalid.Count));
        Assert.Equal(events + invalid == 0 ? 1 : 0, _sorted.Skipped.Values.Sum());
    }

    [Theory]
    [InlineData("price numeric(10,2) 12.34 is base64", "price_scale")]
    [InlineData("product_id numeric(20,0)", "product_id_scale", "user_id_scale")]
    [InlineData("encodes as the digits 1234", "price_scale")]
    public void Decimals_without_their_scale_are_refused_with_both_ways_on(string name, params string[] rules)
    {
        InvalidEvent refused = Assert.Single(Sorted(name).Invalid);
        Assert.Equal(rules, refused.Errors.Select(error => error.Rule));
        Assert.All(
            refused.Errors,
            error =>
                Assert.True(
                    error.Message.Contains("decimal.handling.mode=string", StringComparison.Ordinal)
                        && error.Message.Contains("value.converter.schemas.enable=true", StringComparison.Ordinal)
                )
        );
    }

    [Theory]
    [InlineData("StringConverter", "StringConverter")]
    [InlineData("CloudEvents converter", "CloudEventsConverter")]
    public void A_converter_that_writes_no_changes_as_JSON_is_named(string name, string converter) =>
        Assert.Contains(
            converter,
            Assert.Single(Assert.Single(Sorted(name).Invalid).Errors).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void The_form_of_a_schema_registry_is_named()
    {
        _sorted.Sort(([], [0, 0, 0, 0, 7, 4, 2, 9], []));
        Assert.Contains("Avro", Assert.Single(Assert.Single(_sorted.Invalid).Errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("envelope with schema, precise", "1.50", "2026-11-20T10:00:00Z", "1")]
    [InlineData("VariableScaleDecimal", "12.34", "2026-11-20T10:00:00.123456Z", "1234567")]
    [InlineData("event_time is date", "12.34", "2026-11-20T00:00:00Z", "42")]
    public void A_row_is_the_event_in_it(string name, string price, string time, string product)
    {
        BehaviorEvent e = Assert.Single(Sorted(name).Valid);
        Assert.Equal(
            (
                decimal.Parse(price, CultureInfo.InvariantCulture),
                DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal),
                product
            ),
            (e.Price, e.EventTime, e.ProductId)
        );
    }

    [Fact]
    public void A_decimal_with_a_negative_scale_has_zeros_before_its_point()
    {
        const string Value =
            """{"before":null,"after":{"event_time":"2026-11-20T10:00:00Z","event_type":"view","product_id":7001,"price":{"scale":-2,"value":"Aw=="},"user_id":"k-04","user_session":"s"},"op":"c","source":{}}""";
        Assert.Equal(300m, Assert.Single(_sorted.Sort(("", Value)).Valid).Price);
    }

    [Theory]
    [InlineData("42.0", "42")]
    [InlineData("1.2345678E7", "12345678")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("\"SKU12345\"", "SKU12345")]
    [InlineData("\"AP1234567890\"", "AP1234567890")]
    [InlineData("\"abcd\"", "abcd")]
    public void An_id_that_is_one_is_taken(string id, string product) =>
        Assert.Equal(
            product,
            Assert
                .Single(
                    _sorted
                        .Sort(
                            (
                                "",
                                Change(
                                    Row.Replace("\"product_id\":1,", $"\"product_id\":{id},", StringComparison.Ordinal)
                                )
                            )
                        )
                        .Valid
                )
                .ProductId
        );

    [Theory]
    [InlineData("42.5")]
    [InlineData("1.5E300")]
    [InlineData("9007199254740994.0")]
    public void An_id_that_lost_digits_is_refused(string id) =>
        Assert.Equal(
            "product_id_id",
            Assert
                .Single(
                    Assert
                        .Single(
                            _sorted
                                .Sort(
                                    (
                                        "",
                                        Change(
                                            Row.Replace(
                                                "\"product_id\":1,",
                                                $"\"product_id\":{id},",
                                                StringComparison.Ordinal
                                            )
                                        )
                                    )
                                )
                                .Invalid
                        )
                        .Errors
                )
                .Rule
        );

    [Fact]
    public void An_epoch_as_a_decimal_with_its_schema_is_that_time()
    {
        // 0x01a1fa1d5a7b = 1795168800379.
        const string Schema =
            """{"type":"struct","fields":[{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"0"},"field":"event_time"}]}""";
        string row = Row.Replace("\"2026-11-20T10:00:00.000000Z\"", "\"AaH6HVp7\"", StringComparison.Ordinal);
        Assert.Equal(
            DateTime.UnixEpoch.AddMilliseconds(0x01a1fa1d5a7b),
            Assert.Single(_sorted.Sort(("", $$"""{"schema":{{Schema}},"payload":{{row}}}""")).Valid).EventTime
        );
    }

    [Theory]
    [InlineData("\"cdc_op\":\"u\"", "Updated")]
    [InlineData("\"cdc.op\":\"d\"", "Deleted")]
    [InlineData("\"__what\":\"r\"", null)]
    [InlineData("\"__db\":\"u\"", null)]
    [InlineData("\"shop\":\"u\"", null)]
    [InlineData("\"op\":\"sale\"", null)]
    [InlineData("\"__op\":\"c\",\"op\":\"u\"", null)]
    public void An_unwrapped_row_says_its_operation_under_many_names(string field, string? skipped)
    {
        _sorted.Sort(("{\"id\":5}", $"{Row[..^1]},{field}}}"));
        Assert.Equal(skipped, _sorted.Skipped.Keys.Select(kind => kind.ToString()).SingleOrDefault());
    }

    [Fact]
    public void An_unwrapped_row_without_an_operation_is_new_and_counted_as_such()
    {
        _sorted.Sort(("{\"id\":5}", Row), ("{\"id\":6}", $"{Row[..^1]},\"__op\":\"c\"}}"));
        Assert.Equal((2, 1), (_sorted.Valid.Count, _sorted.News.Counts[FeedNews.WithoutOp]));
    }

    private SortedEvents Sorted(string part) =>
        _sorted.Sort(Lines().Single(line => line.Case.Contains(part, StringComparison.Ordinal)).Message);
}
