using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

public sealed class PastProductTests
{
    [Fact]
    public void Of_SaysEachProductOnce_WithTheNewestDeedAndItsVisits_AndLeavesTheVisitAtHandOut()
    {
        UserState user = new();
        (BehaviorEventType Type, string Product, string Session)[] events =
        [
            (BehaviorEventType.View, "a", "first"),
            (BehaviorEventType.Cart, "a", "first"),
            (BehaviorEventType.View, "b", "first"),
            (BehaviorEventType.Cart, "c", "second"),
            (BehaviorEventType.View, "a", "second"),
            (BehaviorEventType.View, "d", "third"),
            (BehaviorEventType.View, "b", "third"),
        ];
        for (int i = 0; i < events.Length; i++)
        {
            user.Step(Events.Of(events[i].Type, events[i].Product, seconds: i, session: events[i].Session, id: i));
        }

        Assert.Equal(
            [
                new PastProduct("a", BehaviorEventType.Cart, 2),
                new PastProduct("c", BehaviorEventType.Cart, 1),
                new PastProduct("b", BehaviorEventType.View, 1),
            ],
            PastProduct.Of(user, "third")
        );
        Assert.Equal(["b", "d", "a", "c"], PastProduct.Of(user, "fourth").Select(past => past.ProductId));
        Assert.Empty(PastProduct.Of(new UserState(), "any"));
    }

    /// <summary>What a recommender learns from is what it is asked about: the same events say the same by the visitor's state and by the visits.</summary>
    [Fact]
    public void Before_OfTheVisits_IsWhatTheVisitorsStateSays()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            UserState state = new();
            List<(DateTime Start, DateTime End, RecentProduct[] Events)> visits = [];
            int events = 0;
            for (int visit = random.Next(1, 6); visit > 0; visit--)
            {
                BehaviorEvent[] made =
                [
                    .. Enumerable
                        .Range(0, random.Next(1, 6))
                        .Select(_ =>
                            Events.Of(
                                (BehaviorEventType)random.Next(4),
                                $"p{random.Next(5)}",
                                seconds: events,
                                session: $"visit {visits.Count}",
                                id: events++
                            )
                        ),
                ];
                Array.ForEach(made, state.Step);
                visits.Add(
                    (
                        made[0].EventTime,
                        made[^1].EventTime,
                        [.. made.Select(e => new RecentProduct(e.ProductId, e.EventType))]
                    )
                );
            }

            VisitorPasts pasts = new();
            foreach ((_, DateTime end, RecentProduct[] products) in visits.OrderBy(_ => random.Next()))
            {
                pasts.Add("u", end, products);
            }

            Assert.Equal(PastProduct.Of(state, "none"), pasts.Before("u", Events.Start.AddDays(1)));
            Assert.Equal(PastProduct.Of(state, $"visit {visits.Count - 1}"), pasts.Before("u", visits[^1].Start));
            Assert.Empty(pasts.Before("u", visits[0].Start));
            Assert.Empty(pasts.Before("another", Events.Start.AddDays(1)));
        }
    }

    [Fact]
    public void Before_OfManyVisits_KeepsTheNewestProducts()
    {
        VisitorPasts pasts = new();
        for (int i = 0; i < 100; i++)
        {
            pasts.Add("u", Events.Start.AddHours(i), [new($"p{i}", BehaviorEventType.View)]);
        }

        Assert.Equal(
            Enumerable.Range(0, SessionQuery.MaxPast).Select(i => $"p{79 - i}"),
            pasts.Before("u", Events.Start.AddHours(80)).Select(past => past.ProductId)
        );
    }
}
