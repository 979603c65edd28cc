using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Validation;

/// <summary>Kafka Connect's envelopes and Debezium's changes, with their times and decimals, mean the event within.</summary>
public sealed class WrappedEventTests
{
    private const string Row =
        """{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":44600062,"category_id":2103807459595387724,"category_code":"electronics.smartphone","brand":"shiseido","price":35.79,"user_id":541312140,"user_session":"s1"}""";

    private const string Source =
        """{"version":"2.7.0.Final","connector":"postgresql","name":"tracking_postgres_cdc","ts_ms":1569888000000,"snapshot":"false","db":"shop","schema":"public","table":"events","txId":7,"lsn":24023128,"xmin":null}""";

    private readonly RawEventValidator _validator = new(Options.Create(new ValidationRules()), TimeProvider.System);

    [Theory]
    [InlineData("ROW")]
    [InlineData("""{"schema":null,"payload":ROW}""")]
    [InlineData("""{"payload":ROW,"schema":{"type":"struct","fields":[]}}""")]
    [InlineData("""{"before":null,"after":ROW,"source":SOURCE,"op":"c","ts_ms":1569888000123,"transaction":null}""")]
    [InlineData("""{"op":"r","ts_ms":1569888000123,"source":SOURCE,"after":ROW}""")]
    [InlineData(
        """{"schema":{"type":"struct","fields":[]},"payload":{"before":null,"after":ROW,"source":SOURCE,"op":"c","ts_ms":1}}"""
    )]
    [InlineData("""{"schema":{"type":"struct"},"payload":{"before":null,"after":ROW,"op":"r"}}""")]
    public void An_event_in_any_wrapping_is_that_event(string wrapping)
    {
        RawEvent e = Good(
            wrapping.Replace("ROW", Row, StringComparison.Ordinal).Replace("SOURCE", Source, StringComparison.Ordinal)
        );
        Assert.Equal(
            (new DateTime(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc), "44600062", 35.79m, "541312140", "shiseido"),
            (
                e.Time!.Value,
                e[EventKey.ProductId].Text,
                e.Amount!.Value,
                e[EventKey.UserId].Text,
                e[EventKey.Brand].Text
            )
        );
    }

    [Theory]
    [InlineData("\"__op\":\"c\"")]
    [InlineData("\"__op\":\"r\",\"__deleted\":\"false\",\"__source_ts_ms\":1569888000000,\"__table\":\"events\"")]
    [InlineData("\"__deleted\":false")]
    public void An_unwrapped_row_that_is_new_is_an_event(string marks) =>
        Assert.False(Good($"{Row[..^1]},{marks}}}").IsSkipped);

    [Theory]
    [InlineData("""{"before":ROW,"after":ROW,"source":SOURCE,"op":"u","ts_ms":1}""")]
    [InlineData("""{"before":{"id":1},"after":null,"source":SOURCE,"op":"d","ts_ms":1}""")]
    [InlineData("""{"source":SOURCE,"op":"t","ts_ms":1}""")]
    [InlineData(
        """{"schema":{"type":"struct","fields":[]},"payload":{"before":ROW,"after":null,"source":SOURCE,"op":"d"}}"""
    )]
    [InlineData("""{"schema":null,"payload":null}""")]
    [InlineData("""{"source":SOURCE,"op":"m","message":{"prefix":"p","content":""}}""")]
    public void A_change_without_a_new_row_is_no_event(string json) =>
        Assert.True(
            Read(
                json.Replace("ROW", Row, StringComparison.Ordinal).Replace("SOURCE", Source, StringComparison.Ordinal)
            ).IsSkipped
        );

    [Theory]
    [InlineData("\"__op\":\"u\"")]
    [InlineData("\"__op\":\"d\",\"__deleted\":\"true\"")]
    [InlineData("\"__deleted\":true")]
    public void An_unwrapped_row_that_was_changed_or_removed_is_no_event(string marks) =>
        Assert.True(Read($"{Row[..^1]},{marks}}}").IsSkipped);

    [Fact]
    public void A_message_without_content_follows_a_removed_row_where_changes_are_carried_and_is_an_error_elsewhere()
    {
        Assert.True(RawEventReader.Read([], out _, ofChanges: true)!.IsSkipped);
        Assert.Null(RawEventReader.Read([], out _));
    }

    [Theory]
    [InlineData("""{"before":null,"after":null,"source":{},"op":"c"}""", "after is no object")]
    [InlineData("""{"before":null,"after":{},"source":{},"op":"x"}""", "op is none of")]
    public void A_change_that_is_none_says_why(string json, string says)
    {
        Assert.Null(RawEventReader.Read(Encoding.UTF8.GetBytes(json), out string? problem));
        Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"schema":{},"payload":{"event_type":"view"}}""")]
    [InlineData("""{"op":"c","after":{"event_type":"view"}}""")]
    [InlineData("""{"schema":{},"payload":"text"}""")]
    [InlineData("""{"payload":{"event_type":"view"}}""")]
    [InlineData("{}")]
    public void What_is_missing_within_is_missing(string json) =>
        Assert.Contains("user_id_present", _validator.Validate(Read(json)).Errors.Select(error => error.ErrorCode));

    [Theory]
    [InlineData("\"payload\":{\"a\":1},\"schema\":{\"b\":2}")]
    [InlineData("\"op\":\"d\",\"before\":{},\"source\":\"web\"")]
    [InlineData("\"after\":{\"event_type\":\"cart\"},\"op\":\"c\"")]
    public void A_plain_event_with_such_fields_of_its_own_stays_one(string fields)
    {
        RawEvent e = Good($"{{{fields},{Row[1..]}");
        Assert.Equal(("view", false), (e[EventKey.EventType].Text, e.IsSkipped));
    }

    [Theory]
    [InlineData("1569888000123", 123_000)]
    [InlineData("1569888000123456", 123_456)]
    [InlineData("1569888000123456789", 123_456)]
    [InlineData("\"2019-10-01T00:00:00.123456Z\"", 123_456)]
    [InlineData("\"2019-10-01T02:00:00.123+02:00\"", 123_000)]
    [InlineData("\"2019-10-01T00:00:00Z\"", 0)]
    public void A_time_without_a_schema_says_its_unit_by_its_size(string time, int microseconds)
    {
        DateTime expected = new DateTime(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc).AddMicroseconds(microseconds);
        string row = Row.Replace("\"2019-10-01 00:00:00 UTC\"", time, StringComparison.Ordinal);
        Assert.Equal(expected, Good(row).Time);
        Assert.Equal(expected, Good($$"""{"before":null,"after":{{row}},"op":"c"}""").Time);
    }

    [Theory]
    [InlineData("18170")]
    [InlineData("18170.0")]
    [InlineData("1.5698880E12")]
    [InlineData("1569888000000.00")]
    public void A_row_of_a_change_may_have_a_date_or_a_numeric_column_for_its_time(string time)
    {
        string row = Row.Replace("\"2019-10-01 00:00:00 UTC\"", time, StringComparison.Ordinal);
        Assert.Equal(
            new DateTime(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc),
            Good($$"""{"before":null,"after":{{row}},"op":"c"}""").Time
        );
        Assert.Single(Errors(row));
    }

    [Theory]
    [InlineData("io.debezium.time.Timestamp", "946771200000", 2000)]
    [InlineData("org.apache.kafka.connect.data.Timestamp", "946771200000", 2000)]
    [InlineData("io.debezium.time.MicroTimestamp", "946771200000000", 2000)]
    [InlineData("io.debezium.time.NanoTimestamp", "946771200000000000", 2000)]
    [InlineData("io.debezium.time.MicroTimestamp", "86400000000", 1970)]
    [InlineData("io.debezium.time.NanoTimestamp", "86400000000000", 1970)]
    [InlineData("io.debezium.time.ZonedTimestamp", "\"2000-01-02T00:00:00Z\"", 2000)]
    public void A_time_with_a_schema_is_what_the_schema_says(string type, string time, int year)
    {
        string kind = time.StartsWith('"') ? "string" : "int64";
        string row = Row.Replace("\"2019-10-01 00:00:00 UTC\"", time, StringComparison.Ordinal);
        string field = $$"""{"type":"{{kind}}","optional":true,"name":"{{type}}","version":1,"field":"event_time"}""";
        DateTime expected = new(year, 1, 2, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal(expected, Read(Change(field, row)).Time);
        Assert.Equal(expected, Read(Flat(field, row)).Time);
    }

    [Theory]
    [InlineData("1569888000.5")]
    [InlineData("1e15")]
    [InlineData("99999999999999999999")]
    [InlineData("true")]
    [InlineData("{\"at\":1}")]
    public void What_is_no_time_is_named(string time) =>
        Assert.Equal(
            ["event_time_format"],
            Errors(Row.Replace("\"2019-10-01 00:00:00 UTC\"", time, StringComparison.Ordinal))
        );

    [Theory]
    [InlineData("\"35.79\"")]
    [InlineData("35.79")]
    [InlineData("3.579E1")]
    [InlineData("{\"scale\":2,\"value\":\"Dfs=\"}")]
    public void A_price_of_a_change_is_a_number_or_a_decimal(string price)
    {
        string row = Row.Replace("35.79", price, StringComparison.Ordinal);
        Assert.Equal(35.79m, Good($$"""{"before":null,"after":{{row}},"op":"c"}""").Amount);
        Assert.Equal(35.79m, Good($$"""{{row[..^1]}},"__op":"c"}""").Amount);
        Assert.Equal(35.79m, Good(row, ofChanges: true).Amount);
    }

    [Fact]
    public void Decimals_with_a_schema_are_read_from_their_bytes()
    {
        const string Fields = """
            {"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2","connect.decimal.precision":"12"},"field":"price"},
            {"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"0"},"field":"user_id"}
            """;
        // 0x0dfb = 3579; 0x2043d34c = 541315916.
        string row = Row.Replace("35.79", "\"Dfs=\"", StringComparison.Ordinal)
            .Replace("541312140", "\"IEPTTA==\"", StringComparison.Ordinal);
        foreach (string json in new[] { Change(Fields, row), Flat(Fields, row) })
        {
            RawEvent e = Good(json);
            Assert.Equal(
                (35.79m, 0x2043d34c.ToString(CultureInfo.InvariantCulture)),
                (e.Amount!.Value, e[EventKey.UserId].Text)
            );
        }

        Assert.Equal(-0.05m, Read(Change(Fields, Row.Replace("35.79", "\"+w==\"", StringComparison.Ordinal))).Amount);
    }

    [Theory]
    [InlineData("\"abc\"")]
    [InlineData("\"\\u0000\"")]
    [InlineData("true")]
    [InlineData("1e400")]
    [InlineData("\"1e400\"")]
    [InlineData("\"NaN\"")]
    [InlineData("\" 1\"")]
    [InlineData("{\"scale\":2}")]
    [InlineData("{\"scale\":2,\"value\":\"?\"}")]
    [InlineData("{\"scale\":2,\"value\":\"DfM=\",\"more\":1}")]
    [InlineData("[1]")]
    public void What_is_no_price_is_named(string price) =>
        Assert.Equal(
            ["price_number"],
            Errors($$"""{"before":null,"after":{{Row.Replace("35.79", price, StringComparison.Ordinal)}},"op":"c"}""")
        );

    [Fact]
    public void Another_schema_is_another_meaning()
    {
        const string Micro = """{"type":"int64","name":"io.debezium.time.MicroTimestamp","field":"event_time"}""";
        const string Milli = """{"type":"int64","name":"io.debezium.time.Timestamp","field":"event_time"}""";
        string row = Row.Replace("\"2019-10-01 00:00:00 UTC\"", "86400000000", StringComparison.Ordinal);
        foreach (string schema in new[] { Micro, Milli, Micro, "", Milli })
        {
            Assert.Equal(schema == Micro ? 1970 : 1972, Read(Change(schema, row)).Time!.Value.Year);
        }
    }

    private static string Change(string fields, string row) =>
        $$$"""{"schema":{"type":"struct","fields":[{"type":"struct","fields":[{{{fields}}}],"optional":true,"field":"before"},{"type":"struct","fields":[{{{fields}}}],"optional":true,"field":"after"},{"type":"string","field":"op"}],"name":"x.Envelope"},"payload":{"before":null,"after":{{{row}}},"source":{{{Source}}},"op":"c","ts_ms":1}}""";

    private static string Flat(string fields, string row) =>
        $$$"""{"schema":{"type":"struct","fields":[{{{fields}}}]},"payload":{{{row}}}}""";

    private static RawEvent Read(string json, bool ofChanges = false)
    {
        RawEvent? e = RawEventReader.Read(Encoding.UTF8.GetBytes(json), out string? problem, ofChanges);
        Assert.True(e is not null, problem);
        return e;
    }

    private RawEvent Good(string json, bool ofChanges = false)
    {
        RawEvent e = Read(json, ofChanges);
        Assert.False(e.IsSkipped);
        Assert.Empty(_validator.Validate(e).Errors);
        return e;
    }

    private IEnumerable<string> Errors(string json) =>
        _validator.Validate(Read(json)).Errors.Select(error => error.ErrorCode);
}
