using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.OrderTables.OrdersAsPurchases;
using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Ingestion.OrderTables.OrdersAsPurchases;

public sealed class PurchaseEventTests
{
    private static readonly OrderedProduct Purchase = new()
    {
        Position = 7,
        EventTime = "2023-09-13 08:59:00 UTC",
        ProductId = "p1",
        Category = "Sports_Leisure",
        Price = "58.90",
        UserId = "s1",
        UserSession = "o1",
        ReceivedAt = DateTime.UnixEpoch,
    };

    [Fact]
    public void ToMessage_OfAWholePurchase_IsARawEvent()
    {
        OutgoingMessage message = Purchase.ToMessage();
        Assert.Equal(
            """{"event_time":"2023-09-13 08:59:00 UTC","event_type":"purchase","product_id":"p1","category_id":"sports_leisure","category_code":"sports_leisure","brand":null,"price":58.90,"user_id":"s1","user_session":"o1"}""",
            Encoding.UTF8.GetString(message.Value)
        );
        Assert.Empty(BehaviorEventShape.Check(message.Value));
        Assert.Equal(
            ("s1", new MessageOrigin("purchases:fecom", 7, DateTime.UnixEpoch)),
            (Encoding.UTF8.GetString(message.Key!), message.Origin!.Value)
        );
    }

    [Theory]
    [InlineData("#N/A")]
    [InlineData(null)]
    public void ToMessage_WithoutACategory_HasNone(string? category) =>
        Assert.Contains(
            "\"category_id\":null,\"category_code\":null",
            Text(Purchase with { Category = category }),
            StringComparison.Ordinal
        );

    [Fact]
    public void ToMessage_OfAPriceThatIsNone_KeepsTheText() =>
        Assert.Contains("\"price\":\"free\"", Text(Purchase with { Price = "free" }), StringComparison.Ordinal);

    [Fact]
    public void ToMessage_WithoutAUser_IsForValidationToName()
    {
        OutgoingMessage message = (Purchase with { UserId = null }).ToMessage();
        Assert.Equal("user_id_present", Assert.Single(BehaviorEventShape.Check(message.Value)).Rule);
        Assert.Equal("o1", Encoding.UTF8.GetString(message.Key!));
    }

    [Theory]
    [InlineData("2023-09-13 08:59", "2023-09-13 08:59:00 UTC")]
    [InlineData("2023-09-13 08:59:07", "2023-09-13 08:59:07 UTC")]
    [InlineData("2023-09-13T08:59", "2023-09-13 08:59:00 UTC")]
    [InlineData("2024-10-01 10:00:00.000", "2024-10-01 10:00:00 UTC")]
    [InlineData(" 2024-10-01 10:00:00.123456789 ", "2024-10-01 10:00:00.123456 UTC")]
    [InlineData("2024-10-01T12:00:00+02:00", "2024-10-01 10:00:00 UTC")]
    [InlineData("2024-10-01 10:00:00+00", "2024-10-01 10:00:00 UTC")]
    [InlineData("01/10/2024 10:00", "01/10/2024 10:00")]
    [InlineData("some day", "some day")]
    [InlineData(null, null)]
    public void EventTime_IsThatOfEvents(string? text, string? time) => Assert.Equal(time, OrderParts.EventTime(text));

    private static string Text(OrderedProduct purchase) => Encoding.UTF8.GetString(purchase.ToMessage().Value);
}
