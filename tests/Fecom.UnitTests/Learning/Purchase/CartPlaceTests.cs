using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class CartPlaceTests
{
    [Theory]
    [InlineData("v", CartPlace.Viewed)]
    [InlineData("c", CartPlace.InCart)]
    [InlineData("vc", CartPlace.InCart)]
    [InlineData("cv", CartPlace.InCart)]
    [InlineData("cr", CartPlace.Removed)]
    [InlineData("crc", CartPlace.InCart)]
    [InlineData("cp", CartPlace.Bought)]
    [InlineData("cpv", CartPlace.Bought)]
    [InlineData("", CartPlace.Untouched)]
    public void Of_GoesByTheNewestEventThatWasNotAView(string events, CartPlace place)
    {
        SessionState session = After(events.Select(letter => (letter, "p")).Prepend(('v', "other")));

        Assert.Equal(place, CartPlaces.Of(session, "p"));
    }

    [Fact]
    public void Of_WhenTheSessionIsNotKnown_IsUnknown() => Assert.Equal(CartPlace.Unknown, CartPlaces.Of(null, "p"));

    [Fact]
    public void Of_WhenTheProductWasForgottenInTheCart_IsUnknownEvenIfItIsViewedAgain()
    {
        List<(char, string)> events = [('c', "p"), .. Views(RecentProducts.Capacity)];

        Assert.Equal(CartPlace.Unknown, CartPlaces.Of(After(events), "p"));
        Assert.Equal(CartPlace.Unknown, CartPlaces.Of(After([.. events, ('v', "p")]), "p"));
        Assert.Equal(CartPlace.InCart, CartPlaces.Of(After([.. events, ('c', "p")]), "p"));
    }

    [Fact]
    public void Of_WhenEveryCartEventIsRemembered_KnowsThatTheOthersAreNotInTheCart()
    {
        List<(char, string)> events = [('v', "p"), .. Views(RecentProducts.Capacity), ('c', "q")];

        Assert.Equal(CartPlace.Untouched, CartPlaces.Of(After(events), "p"));
        Assert.Equal(CartPlace.Viewed, CartPlaces.Of(After([.. events, ('v', "p")]), "p"));
        Assert.Equal(CartPlace.InCart, CartPlaces.Of(After(events), "q"));
    }

    private static IEnumerable<(char, string)> Views(int count) =>
        Enumerable.Range(0, count).Select(i => ('v', $"other{i}"));

    private static SessionState After(IEnumerable<(char Letter, string Product)> events)
    {
        SessionState? state = null;
        int second = 0;
        foreach ((char letter, string product) in events)
        {
            BehaviorEventType type = (BehaviorEventType)"vcrp".IndexOf(letter, StringComparison.Ordinal);
            state = SessionView.Step(state, Events.Of(type, product, second++));
        }

        return state!;
    }
}
