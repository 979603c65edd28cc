using System.Text.Json;
using Fecom.Contracts;
using Fecom.Features.ServeOnlineFeatures;
using Fecom.Learning.Views;
using Fecom.UnitTests.Learning;
using Xunit;

namespace Fecom.UnitTests.Features;

public sealed class FeatureReaderTests
{
    private static readonly DateTime Now = Events.Start.AddMinutes(1);

    [Fact]
    public void Read_OfAKnownEntity_HasTheFeaturesAskedForInTheViewsOrder()
    {
        FeatureReader reader = new(FeatureViews.Session, ["price", "activity_count", "recent_products", "price"]);

        Assert.Equal(
            """{"Entity":"s","Status":"found","EventTime":"2019-10-01T00:00:00Z","Features":{"activity_count":1,"price":9.5,"recent_products":["p"]}}""",
            JsonSerializer.Serialize(reader.Read("s", Packed(), isBehind: false, Now))
        );
    }

    [Fact]
    public void Read_OfAnUnknownEntity_HasTheDefaults()
    {
        FeatureReader reader = new(FeatureViews.Session, ["brand", "view_count"]);

        Assert.Equal(
            """{"Entity":"s","Status":"default","EventTime":null,"Features":{"brand":null,"view_count":0}}""",
            JsonSerializer.Serialize(reader.Read("s", [], isBehind: false, Now))
        );
    }

    [Fact]
    public void Read_WhileTheOnlineStoreIsFilledAgain_SaysThatItMayBeOld()
    {
        FeatureReader reader = new(FeatureViews.Session, null);

        Assert.Equal(FeatureStatus.Stale, reader.Read("s", [], isBehind: true, Now).Status);
        EntityFeatures known = reader.Read("s", Packed(), isBehind: true, Now);
        Assert.Equal((FeatureStatus.Stale, Events.Start), (known.Status, known.EventTime));
        Assert.Equal(FeatureViews.Session.Features.Count, known.Features.Values.Length);
    }

    [Fact]
    public void Read_OfAValueOfAnotherFormat_SaysSo() =>
        Assert.Throws<FormatException>(() =>
            new FeatureReader(FeatureViews.Session, null).Read("s", "1000"u8, isBehind: false, Now)
        );

    private static byte[] Packed()
    {
        SessionState state = new();
        state.Step(Events.Of(BehaviorEventType.View, "p", price: 9.50m));
        return state.Pack(7);
    }
}
