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
        List<(char, string)> events = [('c', "p"), .. Many('r')];

        Assert.Equal(CartPlace.Unknown, CartPlaces.Of(After(events), "p"));
        Assert.Equal(CartPlace.Unknown, CartPlaces.Of(After([.. events, ('v', "p")]), "p"));
        Assert.Equal(CartPlace.InCart, CartPlaces.Of(After([.. events, ('c', "p")]), "p"));
    }

    [Fact]
    public void Of_WhenEveryCartEventIsRemembered_KnowsThatTheOthersAreNotInTheCart()
    {
        List<(char, string)> events = [('v', "p"), .. Many('r'), ('c', "q")];

        Assert.Equal(CartPlace.Untouched, CartPlaces.Of(After(events), "p"));
        Assert.Equal(CartPlace.Viewed, CartPlaces.Of(After([.. events, ('v', "p")]), "p"));
        Assert.Equal(CartPlace.InCart, CartPlaces.Of(After(events), "q"));
    }

    [Fact]
    public void Of_WhenOtherProductsAreViewedAlone_ForgetsNoCart() =>
        Assert.Equal(CartPlace.InCart, CartPlaces.Of(After([('c', "p"), .. Many('v'), .. Many('v')]), "p"));

    private static IEnumerable<(char, string)> Many(char letter) =>
        Enumerable.Range(0, SessionState.Remembered).Select(i => (letter, $"other{i}"));

    private static SessionState After(IEnumerable<(char Letter, string Product)> events)
    {
        SessionState state = new();
        int second = 0;
        foreach ((char letter, string product) in events)
        {
            BehaviorEventType type = (BehaviorEventType)"vcrp".IndexOf(letter, StringComparison.Ordinal);
            state.Step(Events.Of(type, product, second++));
        }

        return state;
    }
}
