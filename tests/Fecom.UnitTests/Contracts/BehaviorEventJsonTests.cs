using System.Buffers;
using System.Text;
using Fecom.Contracts;
using Xunit;

namespace Fecom.UnitTests.Contracts;

public sealed class BehaviorEventJsonTests
{
    private static readonly BehaviorEvent Full = new()
    {
        EventId = EventId.At(EventId.HashSource("file:a"), 17),
        EventTime = new DateTime(2024, 2, 29, 23, 59, 59, DateTimeKind.Utc).AddMicroseconds(123_456),
        EventType = BehaviorEventType.RemoveFromCart,
        ProductId = "44600062",
        CategoryId = "2103807459595387724",
        CategoryCode = "electronics.smartphone",
        Brand = "löwe \"x\" \\ 漢",
        Price = 35.790m,
        UserId = "541312140",
        UserSession = "72d76fde-8bb3-4e00-8c23-a032dfed738c",
        Source = "file:a",
        Position = 17,
        ReceivedAt = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        ValidatedAt = new DateTime(2026, 1, 1, 0, 0, 1, DateTimeKind.Utc),
    };

    [Fact]
    public void Read_OfWhatWasWritten_IsTheSameEvent()
    {
        Assert.Equal(Full, RoundTrip(Full));
        BehaviorEvent sparse = Full with { CategoryId = null, CategoryCode = null, Brand = null };
        Assert.Equal(sparse, RoundTrip(sparse));
    }

    [Theory]
    [InlineData("[]", "object")]
    [InlineData("{}", "event_time")]
    [InlineData("""{"event_time":"yesterday"}""", "event_time")]
    [InlineData("""{"event_time":"2024-01-01T00:00:00Z","event_type":"gaze"}""", "event_type")]
    [InlineData("{\"a\":", "$")]
    public void Read_WhenItIsNoEvent_NamesTheField(string json, string named)
    {
        FormatException error = Assert.Throws<FormatException>(() =>
            BehaviorEventJson.Read(Encoding.UTF8.GetBytes(json))
        );
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EventId_IsTheSameForTheSamePlaceAndAnotherForAnother()
    {
        ulong a = EventId.HashSource("file:a");

        Assert.Equal(EventId.At(a, 1), EventId.At(EventId.HashSource("file:a"), 1));
        Assert.NotEqual(EventId.At(a, 1), EventId.At(a, 2));
        Assert.NotEqual(EventId.At(a, 1), EventId.At(EventId.HashSource("file:b"), 1));
        Assert.Equal(EventId.FromClient("order-1"), EventId.FromClient("order-1"));
    }

    private static BehaviorEvent RoundTrip(BehaviorEvent e)
    {
        ArrayBufferWriter<byte> buffer = new();
        BehaviorEventJson.Write(buffer, e);
        return BehaviorEventJson.Read(buffer.WrittenSpan);
    }
}
