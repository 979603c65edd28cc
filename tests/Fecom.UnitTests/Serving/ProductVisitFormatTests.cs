using System.Buffers;
using System.Text;
using Fecom.Contracts;
using Fecom.Serving.FollowTrending;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>Trending's short way to read an event against the long one.</summary>
public sealed class ProductVisitFormatTests
{
    [Fact]
    public void A_visit_has_what_the_whole_event_has()
    {
        EventMaker maker = new(seed: 31);
        foreach (BehaviorEvent e in Enumerable.Range(0, 500).Select(_ => maker.Next().Event).OfType<BehaviorEvent>())
        {
            ArrayBufferWriter<byte> json = new();
            BehaviorEventJson.Write(json, e);

            ProductVisit visit = new ProductVisitFormat().Read(json.WrittenSpan);

            Assert.Equal(
                new ProductVisit(e.ProductId, e.CategoryId, e.CategoryCode, e.EventType, e.EventTime)
                {
                    Brand = e.Brand,
                    Price = e.Price,
                    Session = e.UserSession,
                },
                visit
            );
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"product_id":"p","event_type":"view"}""")]
    [InlineData("""{"product_id":"p","event_type":"look","event_time":"2024-01-01T00:00:00Z"}""")]
    [InlineData("""{"product_id":7,"event_type":"view","event_time":"yesterday"}""")]
    [InlineData("""{"product_id":"p","event_type":"view","event_time":"2024-01-01T00:00:00Z" """)]
    public void What_is_no_event_is_told_as_such(string json) =>
        Assert.Throws<FormatException>(() => new ProductVisitFormat().Read(Encoding.UTF8.GetBytes(json)));
}
