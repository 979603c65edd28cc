using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

public sealed class VisitorSessionTests
{
    [Fact]
    public void With_KeepsEachReturn_AndWhatIsDoneAfterAViewAsOneVisit()
    {
        VisitorSession session = VisitorSession
            .Empty.With("a", BehaviorEventType.View)
            .With("a", BehaviorEventType.Cart)
            .With("b", BehaviorEventType.View)
            .With("a", BehaviorEventType.View)
            .With("a", BehaviorEventType.View)
            .With("a", BehaviorEventType.Purchase);

        Assert.Equal(["a", "b", "a", "a"], session.Visits);
        Assert.Equal(
            [new RecentProduct("b", BehaviorEventType.View), new RecentProduct("a", BehaviorEventType.Purchase)],
            session.Recent
        );
        Assert.Empty(VisitorSession.Empty.Visits);
    }

    [Fact]
    public void With_KeepsTheNewestVisits()
    {
        VisitorSession session = VisitorSession.Empty;
        for (int i = 0; i < 100; i++)
        {
            session = session.With($"{i}", BehaviorEventType.View);
        }

        Assert.Equal(Enumerable.Range(36, 64).Select(i => $"{i}"), session.Visits);
    }

    [Fact]
    public void Of_ALiveSession_EqualsItsEventsOneByOne()
    {
        Random random = new(5);
        for (int round = 0; round < 50; round++)
        {
            SessionState live = new();
            VisitorSession told = VisitorSession.Empty;
            for (int i = random.Next(SessionState.Remembered); i >= 0; i--)
            {
                (string product, BehaviorEventType type) = ($"p{random.Next(4)}", (BehaviorEventType)random.Next(4));
                live.Step(Events.Of(type, product, seconds: 100 - i, id: 100 - i));
                told = told.With(product, type);
            }

            Assert.Equal(told.Visits, VisitorSession.Of(live).Visits);
            Assert.Equal(told.Recent, VisitorSession.Of(live).Recent);
        }
    }
}
