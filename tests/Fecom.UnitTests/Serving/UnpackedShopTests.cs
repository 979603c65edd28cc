using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Serving.ReadOnlineStore;
using Fecom.UnitTests.Learning;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class UnpackedShopTests
{
    private readonly UnpackedShop _shop = new();

    [Fact]
    public void Of_TheSameBytes_UnpacksThemOnce()
    {
        ShopState first = _shop.Of(Packed(events: 3));

        Assert.Same(first, _shop.Of(Packed(events: 3)));
        Assert.Equal(3, first.Counts.All);
    }

    [Fact]
    public void Of_OtherBytes_IsWhatTheyHold()
    {
        _shop.Of(Packed(events: 3));

        Assert.Equal(4, _shop.Of(Packed(events: 4)).Counts.All);
        Assert.Equal(3, _shop.Of(Packed(events: 3)).Counts.All);
    }

    [Fact]
    public void Of_BytesThatAreNoState_ThrowsAndStillKnowsTheShop()
    {
        ShopState known = _shop.Of(Packed(events: 3));

        Assert.Throws<FormatException>(() => _shop.Of([1, 2, 3]));
        Assert.Same(known, _shop.Of(Packed(events: 3)));
    }

    private static byte[] Packed(int events)
    {
        ShopState state = new();
        for (int i = 0; i < events; i++)
        {
            state.Step(Events.Of(BehaviorEventType.View, "p", i, id: i));
        }

        return state.Pack(revision: 1);
    }
}
