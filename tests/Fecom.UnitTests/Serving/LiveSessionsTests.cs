using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Serving.FollowSessions;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class LiveSessionsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(VisitorSession.MaxVisits)]
    [InlineData(VisitorSession.MaxVisits + 3)]
    public void A_session_is_its_newest_events_in_their_order(int events)
    {
        LiveSessions sessions = new(10);
        VisitorSession expected = VisitorSession.Empty;
        for (int i = 0; i < events; i++)
        {
            BehaviorEventType type = i % 3 == 0 ? BehaviorEventType.Cart : BehaviorEventType.View;
            sessions.Add("s", $"p{i}", type);
            if (i >= events - VisitorSession.MaxVisits)
            {
                expected = expected.With($"p{i}", type);
            }
        }

        VisitorSession found = sessions.Find("s")!;

        Assert.Equal(expected.Visits, found.Visits);
        Assert.Equal(expected.Recent, found.Recent);
        Assert.Equal(expected.Acted, found.Acted);
    }

    [Fact]
    public void What_nobody_visits_is_forgotten_and_what_somebody_does_is_kept()
    {
        LiveSessions sessions = new(10);
        sessions.Add("left", "p", BehaviorEventType.View);
        sessions.Add("here", "p0", BehaviorEventType.View);
        for (int i = 0; i < 100; i++)
        {
            sessions.Add($"other{i}", "p", BehaviorEventType.View);
            sessions.Add("here", $"p{i + 1}", BehaviorEventType.View);
        }

        Assert.Null(sessions.Find("left"));
        Assert.Equal("p100", sessions.Find("here")!.Visits[^1]);
        Assert.Equal(VisitorSession.MaxVisits, sessions.Find("here")!.Visits.Length);
        Assert.InRange(Enumerable.Range(0, 100).Count(i => sessions.Find($"other{i}") is not null), 4, 10);
    }
}
