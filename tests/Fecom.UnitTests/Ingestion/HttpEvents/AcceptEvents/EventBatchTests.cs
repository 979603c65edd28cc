using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Validation.ReadEvents;
using Xunit;

namespace Fecom.UnitTests.Ingestion.HttpEvents.AcceptEvents;

public sealed class EventBatchTests
{
    private const string View =
        """{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":1,"price":1.5,"user_id":"u","user_session":"s"}""";

    [Theory]
    [InlineData("{0}", 1)]
    [InlineData("  \n{0}\r\n", 1)]
    [InlineData("[{0},{0} , {0}]", 3)]
    [InlineData("[{0}]\n", 1)]
    [InlineData("{0}\n{0}", 2)]
    [InlineData("{0}\r\n\r\n{0}\r\n", 2)]
    [InlineData("\uFEFF{0}", 1)]
    public void Read_OfEachForm_TakesTheEvents(string form, int events)
    {
        EventBatch batch = Read(form.Replace("{0}", View, StringComparison.Ordinal));
        Assert.Equal(events, batch.Accepted);
        Assert.Empty(batch.Rejected);
        Assert.Equal(
            string.Concat(Enumerable.Repeat(View + "\n", events)),
            Encoding.UTF8.GetString(batch.Payload.Span)
        );
    }

    [Fact]
    public void Read_OfAnEventOverSeveralLines_MakesOneLineOfIt()
    {
        string pretty = JsonSerializer.Serialize(
            JsonDocument.Parse(View),
            new JsonSerializerOptions { WriteIndented = true, NewLine = "\r\n" }
        );
        foreach (EventBatch batch in (EventBatch[])[Read(pretty), Read($"[{pretty},{pretty}]")])
        {
            string[] lines = Encoding.UTF8.GetString(batch.Payload.Span).TrimEnd('\n').Split('\n');
            Assert.Equal(batch.Accepted, lines.Length);
            Assert.All(
                lines,
                line =>
                    Assert.True(
                        JsonElement.DeepEquals(
                            JsonDocument.Parse(View).RootElement,
                            JsonDocument.Parse(line).RootElement
                        )
                    )
            );
        }
    }

    [Theory]
    [InlineData("{\"context\":{\"a\":1}\n,FIELDS}", 1)]
    [InlineData("{FIELDS,\"context\":{\"a\":1}\n}", 1)]
    [InlineData("{\nFIELDS\n}\n{\nFIELDS\n}", 2)]
    [InlineData("{FIELDS}{FIELDS}", 2)]
    [InlineData("[{FIELDS}\n,\n{FIELDS}]", 2)]
    public void Read_OfJsonHoweverItsLinesBreak_TakesEveryObject(string form, int events)
    {
        EventBatch batch = Read(form.Replace("FIELDS", View[1..^1], StringComparison.Ordinal));
        Assert.Empty(batch.Rejected);
        Assert.Equal((events, events), (batch.Accepted, batch.Payload.Span.Count((byte)'\n')));
    }

    [Fact]
    public void Read_OfOneThatIsTooDeep_RejectsThatOneInWordsOfOurs()
    {
        string deep = $"{View[..^1]},\"ctx\":{new string('[', 100)}{new string(']', 100)}}}";
        foreach (
            EventBatch batch in (EventBatch[])
                [Read($"[{View},{deep}]"), Read($"{View}\n{deep}"), Read($"{View}\n{deep}", lines: true)]
        )
        {
            Assert.Equal(1, batch.Accepted);
            RejectedEvent rejected = Assert.Single(batch.Rejected);
            Assert.Equal(
                (1, "objects and arrays lie in each other more than 64 levels deep"),
                (rejected.Index, Assert.Single(rejected.Errors).Message)
            );
        }
    }

    [Theory]
    [InlineData("\"__deleted\":\"true\"", 0)]
    [InlineData("\"__deleted\":true", 0)]
    [InlineData("\"__op\":\"d\"", 0)]
    [InlineData("\"__op\":\"u\"", 0)]
    [InlineData("\"__op\":\"c\",\"__deleted\":\"false\"", 1)]
    [InlineData("\"note\":{\"__deleted\":\"true\"}", 1)]
    public void Read_OfARowThatWasRemoved_IsNeverAcceptedAndThenNowhere(string marks, int accepted)
    {
        EventBatch batch = Read($"{View[..^1]},{marks}}}");
        Assert.Equal(accepted, batch.Accepted);
        Assert.Equal(
            accepted == 1,
            RawEventReader.Read(Encoding.UTF8.GetBytes($"{View[..^1]},{marks}}}"), out _) is { IsSkipped: false }
        );
    }

    [Theory]
    [InlineData("5", "an event is a JSON object, this is a number")]
    [InlineData("\"text\"", "an event is a JSON object, this is a string")]
    [InlineData("[[{\"a\":1}]]", "an event is a JSON object, this is an array")]
    [InlineData("{\"a\":", "not JSON: it cannot be read on from line 1, byte 6")]
    [InlineData("{\"a\":1,\n\"b\":x}", "not JSON: it cannot be read on from line 2, byte 5")]
    [InlineData(
        "{\"event_type\":\"\\ud800\"}",
        "not JSON: a text in it has bytes that are no UTF-8, or half of a surrogate pair"
    )]
    public void Read_OfWhatIsNoEvent_SaysSoInWordsOfOurs(string body, string says) =>
        Assert.Equal(says, Assert.Single(Assert.Single(Read(body).Rejected).Errors).Message);

    [Theory]
    [InlineData("\"user_id\":0", 1)]
    [InlineData("\"user_id\":\"0\"", 1)]
    [InlineData("\"user_id\":\"\U0001F6D2\U0001F525\"", 1)]
    [InlineData("\"user_id\":\"\\ud83d\\uded2\"", 1)]
    [InlineData("\"user_id\":\"first\",\"user_id\":\"last\"", 1)]
    [InlineData("\"user_id\":1e3", 0)]
    [InlineData("\"user_id\":1.0", 0)]
    [InlineData("\"price\":1e3", 1)]
    [InlineData("\"price\":-0.0", 0)]
    [InlineData("\"price\":-0", 0)]
    [InlineData("\"price\":0.00", 0)]
    public void Read_OfOddValues_TakesWhatTheyMean(string field, int accepted) =>
        Assert.Equal(accepted, Read($"{View[..^1]},{field}}}").Accepted);

    [Fact]
    public void Read_OfGoodAndBad_KeepsTheirPlaces()
    {
        EventBatch batch = Read($$"""[{{View}},{"event_type":"click"},{{View}},5,{{View}}]""");
        Assert.Equal(3, batch.Accepted);
        Assert.Equal([1, 3], batch.Rejected.Select(rejected => rejected.Index));
        Assert.Contains(batch.Rejected[0].Errors, error => error is { Field: "event_type", Rule: "event_type_known" });
    }

    [Fact]
    public void Read_OfLinesWithABrokenOne_RejectsThatOne()
    {
        EventBatch batch = Read($"{View}\n{{broken\n{View}", lines: true);
        Assert.Equal(2, batch.Accepted);
        Assert.Equal(1, Assert.Single(batch.Rejected).Index);
    }

    [Fact]
    public void Read_OfAnEventThatIsTooLarge_RejectsIt()
    {
        EventBatch batch = Read($"[{View},{View[..^1]},\"note\":\"{new string('x', EventBatch.MaxEventBytes)}\"}}]");
        Assert.Equal("event_size", Assert.Single(Assert.Single(batch.Rejected).Errors).Rule);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData(" \n ", 400)]
    [InlineData("[{\"a\":1}", 400)]
    [InlineData("[1,2]]", 400)]
    [InlineData("[1,,2]", 400)]
    [InlineData("[1,2,3,4]", 413)]
    public void Read_OfACallThatCannotBeTaken_SaysWhy(string body, int status) =>
        Assert.Equal(status, Assert.Throws<BodyRefusedException>(() => Read(body, maxEvents: 3)).Status);

    [Fact]
    public void Read_TakesTheClientsOwnIds()
    {
        EventBatch batch = Read($$"""[{{View}},{{View[..^1]}},"event_id":"a"},{{View[..^1]}},"note":"event_id"}]""");
        Assert.Equal([null, EventId.FromClient("a"), null], batch.ClientIds);
    }

    private static EventBatch Read(string body, bool lines = false, int maxEvents = 10) =>
        EventBatch.Read(Encoding.UTF8.GetBytes(body), lines, maxEvents);
}
