using Fecom.Validation.FollowChanges;
using Fecom.Validation.ReadEvents;
using Xunit;
using static Fecom.UnitTests.Validation.DebeziumMessages;

namespace Fecom.UnitTests.Validation;

/// <summary>A row's name is made of its key: the same whoever sends the row, and in whatever form.</summary>
public sealed class DebeziumKeyTests
{
    private readonly SortedEvents _sorted = new();

    [Theory]
    [InlineData("{\"id\":5}", "c", "public", "events")]
    [InlineData("{\"id\":\"5\"}", "r", "public", "events")]
    [InlineData("{\"id\":5.00}", "r", "public", "events")]
    [InlineData(
        "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int64\",\"field\":\"id\"}]},\"payload\":{\"id\":5}}",
        "c",
        "public",
        "events"
    )]
    [InlineData(
        "{\"schema\":{\"fields\":[{\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"0\"},\"field\":\"id\"}]},\"payload\":{\"id\":\"BQ==\"}}",
        "c",
        "public",
        "events"
    )]
    [InlineData("{\"id\":{\"scale\":0,\"value\":\"BQ==\"}}", "c", "public", "events")]
    [InlineData("Struct{id=5}", "c", "public", "events")]
    public void A_row_has_one_name_whoever_sends_it(string key, string op, string schema, string table)
    {
        // As Fecom's own capture sends it.
        Guid captured = Id("7", Change(Row, source: """{"schema":"public","table":"events","key":{"id":5}}"""));
        Assert.Equal(
            captured,
            Id(key, Change(Row, op, $$"""{"schema":"{{schema}}","table":"{{table}}","lsn":null}"""))
        );
        Assert.Equal(captured, Id(key, Row));
        Assert.Equal(
            captured,
            Id(key, $$"""{{Row[..^1]}},"__op":"c","__schema":"{{schema}}","__table":"{{table}}"}""")
        );
    }

    [Theory]
    [InlineData("{\"id\":6}", "public")]
    [InlineData("{\"id\":\"05\"}", "public")]
    [InlineData("{\"id\":5}", "archive")]
    [InlineData("{\"other\":5}", "public")]
    [InlineData("{\"id\":5,\"shop\":1}", "public")]
    public void Another_row_has_another_name(string key, string schema) =>
        Assert.NotEqual(
            Id("{\"id\":5}", Change(Row)),
            Id(key, Change(Row, source: $$"""{"schema":"{{schema}}","table":"events"}"""))
        );

    [Fact]
    public void A_key_of_several_columns_is_one_name_in_any_order_and_any_form_of_its_time()
    {
        Guid id = Id("""{"id":5,"event_time":"2026-11-20T10:00:00.000000Z"}""", Change(Row));
        Assert.Equal(id, Id("""{"event_time":"2026-11-20T10:00:00Z","id":5}""", Change(Row)));
        Assert.Equal(
            id,
            Id(
                "7",
                Change(
                    Row,
                    source: """{"schema":"public","table":"events","key":{"id":5,"event_time":"2026-11-20T10:00:00Z"}}"""
                )
            )
        );
        Assert.NotEqual(id, Id("""{"id":5,"event_time":"2026-11-20T10:00:01Z"}""", Change(Row)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{\"user_id\":7}")]
    [InlineData("{\"user_id\":7,\"product_id\":1}")]
    [InlineData("{\"id\":null}")]
    [InlineData("{}")]
    [InlineData("{\"schema\":null,\"payload\":null}")]
    [InlineData("{\"id\":\"\\ud800\"}")]
    [InlineData("{\"id\"")]
    public void A_key_that_names_no_row_is_none_and_that_is_counted(string key)
    {
        _sorted.Sort((key, Change(Row)), (key, Change(Row)));
        Assert.Equal(2, _sorted.Valid.Count);
        Assert.Empty(_sorted.Rows);
        Assert.Equal(2, _sorted.News.Counts[FeedNews.WithoutKey]);
    }

    [Fact]
    public void The_columns_that_somebody_names_are_the_key_whatever_the_message_is_keyed_by()
    {
        SortedEvents byId = new(rowKey: "id");
        byId.Sort(
            ("{\"user_id\":7}", Change(Row)),
            ("{\"user_id\":7}", Change(Row.Replace("\"id\":5", "\"id\":6", StringComparison.Ordinal)))
        );
        Assert.Equal(2, byId.Rows.Select(row => row.Row).Distinct().Count());
        Assert.Equal(Id("{\"id\":5}", Change(Row)), byId.Rows[0].Row);
        Assert.True(byId.News.KeyedByUser);
        Assert.False(_sorted.Sort(("{\"id\":5}", Change(Row))).News.KeyedByUser);
    }

    [Fact]
    public void A_row_that_got_another_key_is_claimed_under_it()
    {
        Line line = Lines()
            .Single(line => line.Case.StartsWith("primary key updated: create", StringComparison.Ordinal));
        _sorted.Sort(line.Message);
        Assert.Equal(Id("{\"id\":1005}", Change(Row)), Assert.Single(new SortedEvents().Sort(line.Message).Rows).Row);
        _sorted.Sort(
            ("7", Change(Row, "u", """{"schema":"public","table":"events","key":{"id":5},"old_key":{"id":4}}"""))
        );
        Assert.Equal(
            (ChangeKind.Rekeyed, Id("{\"id\":5}", Change(Row))),
            (_sorted.Skipped.Keys.Single(), _sorted.Rows.Single().Row)
        );
    }

    private static Guid Id(string key, string value)
    {
        SortedEvents sorted = new SortedEvents().Sort((key, value));
        Guid row = Assert.Single(sorted.Rows).Row;
        Assert.All(sorted.Valid, e => Assert.Equal(row, e.EventId));
        return row;
    }
}
