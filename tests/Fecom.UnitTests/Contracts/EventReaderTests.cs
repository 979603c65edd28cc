using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Platform.Messaging;
using Fecom.UnitTests.Validation;
using Fecom.Validation.ReadEvents;
using Fecom.Validation.ValidateEvents;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Contracts;

/// <summary>
/// All ways in and on read the same event of the same bytes: a call's body as an object, an array and a line, the outbox, the raw
/// topic and the validated topic; and the event in short is what the whole one is.
/// </summary>
public sealed class EventReaderTests
{
    private const int Events = 4_000;

    private static readonly ValidationRules Rules = new();

    private readonly EventCheck _check = new(new RawEventValidator(Options.Create(Rules), TimeProvider.System));

    private readonly EventMessages _messages = new(Rules, TimeProvider.System);

    public EventReaderTests() => _messages.Begin(ofChanges: false, int.MaxValue);

    [Fact]
    public void Every_way_in_reads_the_same_of_any_event()
    {
        int valid = 0;
        Prop.ForAll(
                Arb.From(RandomEvents.Any()),
                json =>
                {
                    valid += AssertAgreement(Encoding.UTF8.GetBytes(json)) ? 1 : 0;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Events));
        Assert.InRange(valid, Events / 20, Events);
    }

    [Fact]
    public void Every_way_in_reads_the_same_of_bytes_that_were_changed() =>
        Prop.ForAll(
                Arb.From(RandomEvents.Mangled(RandomEvents.Any())),
                bytes =>
                {
                    AssertAgreement(bytes);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Events));

    [Theory]
    [InlineData("""{"user_id":17}""", "17")]
    [InlineData("""{"x":{"user_id":1},"user_id":"a\u00e9"}""", "aé")]
    [InlineData("""{"user_\u0069d":"u"}""", "u")]
    [InlineData("""{"user_id":"first","user_id":"last"}""", "last")]
    [InlineData("""{"x":1}""", null)]
    public void Field_IsTheTextOfThatField(string json, string? text) =>
        Assert.Equal(text, EventReader.Field(Encoding.UTF8.GetBytes(json), EventKey.UserId).Text);

    /// <returns>Whether it is a valid event.</returns>
    private bool AssertAgreement(byte[] bytes)
    {
        IReadOnlyList<EventError> posted = PostedEvent.Check(bytes, out Guid? id);
        Assert.Equal(BehaviorEventShape.Check(bytes), posted);
        Dictionary<EventKey, RawField>? fields = RandomEvents.Fields(bytes);
        Assert.Equal(fields is null, posted is [{ Rule: "json_object" }]);
        if (posted.Count > 0)
        {
            return false;
        }

        AssertBatch(bytes, id);
        RawField user = EventReader.Field(bytes, EventKey.UserId);
        Assert.Equal(fields![EventKey.UserId], user);
        if (_check.Errors(bytes).Count > 0)
        {
            return false;
        }

        RawEvent raw = RawEventReader.Read(bytes, out _)!;
        Assert.All(fields, field => Assert.Equal(field.Value, raw[field.Key]));
        BehaviorEvent e = _messages.Event(
            raw,
            row: null,
            new TopicMessage<RawMessage>(
                0,
                17,
                Encoding.UTF8.GetBytes(user.Text!),
                new RawMessage(bytes),
                new MessageOrigin("api", 17, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)),
                null
            )
        );
        Assert.Equal(id ?? EventId.At(EventId.HashSource("api"), 17), e.EventId);
        byte[] validated = _messages.Valid(e).Value;
        Assert.Equal(e, BehaviorEventJson.Read(validated));
        ProductVisit visit = ProductVisit.Of(e);
        Assert.Equal([visit], VisitBlock.Read(Assert.Single(new VisitBlockWriter().Write([visit]))).Visits);
        return true;
    }

    private static void AssertBatch(byte[] bytes, Guid? id)
    {
        Assert.Equal([id], EventBatch.Read(bytes, lines: false, maxEvents: 1).ClientIds);
        Assert.Equal([id], EventBatch.Read([(byte)'[', .. bytes, (byte)']'], lines: false, maxEvents: 1).ClientIds);
        if (!bytes.Contains((byte)'\n'))
        {
            Assert.Equal([id], EventBatch.Read(bytes, lines: true, maxEvents: 1).ClientIds);
        }
    }
}
