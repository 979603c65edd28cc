using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Xunit;

namespace Fecom.UnitTests.Learning.Recommend;

public sealed class TrendingIndexTests
{
    private static readonly TimeSpan HalfLife = TimeSpan.FromHours(6);
    private static readonly RecommendationQuery Ten = new() { Count = 10 };

    private readonly TrendingIndex _trending = new(HalfLife, 100, new CoVisitationOptions());

    [Fact]
    public void Top_HalvesAVisitWithEveryHalfLife()
    {
        View("old", hours: 0);
        View("old", hours: 0);
        View("new", hours: 12);

        // Two visits twelve hours ago are worth half of one now.
        Assert.Equal([("new", 1.0), ("old", 0.5)], Top());
    }

    [Fact]
    public void Top_WhenAnEventIsLate_CountsItAsIfItHadComeInTime()
    {
        View("a", hours: 12);
        View("b", hours: 6);
        View("c", hours: -6);
        Assert.Equal([("a", 1.0), ("b", 0.5), ("c", 0.125)], Top());
    }

    [Fact]
    public void Top_WeighsWhatWasDone()
    {
        View("seen", 0);
        _trending.Add("bought", default, BehaviorEventType.Purchase, Events.Start);
        _trending.Add("removed", default, BehaviorEventType.RemoveFromCart, Events.Start);
        Assert.Equal([("bought", 1.0), ("seen", 0.2)], Top());
    }

    [Fact]
    public void Top_OverYears_StaysFinite()
    {
        for (int day = 0; day < 3_650; day++)
        {
            View($"p{day % 3}", day * 24);
        }

        Assert.Equal(["p1", "p0", "p2"], Top().Select(t => t.Item1));
        Assert.All(Top(), t => Assert.InRange(t.Item2, 0, 1));
    }

    [Fact]
    public void Add_WhenProductsAreMany_KeepsTheHeaviest()
    {
        for (int i = 0; i < 1_000; i++)
        {
            View("best", 0);
            View($"p{i}", 0);
        }

        Assert.Equal("best", Top()[0].Item1);
        _trending.Publish();
        Assert.Equal(100, _trending.Top(Ten with { Count = 1_000 }).Count);
    }

    [Fact]
    public void Top_KeepsToTheQuery()
    {
        _trending.Add("a", new Category("1", "toys.cars"), BehaviorEventType.View, Events.Start);
        View("b", 0);
        View("b", 0);
        _trending.Publish();

        Assert.Equal(["a"], _trending.Top(Ten with { Category = "toys" }).Select(r => r.ProductId));
        Assert.Equal(["a"], _trending.Top(Ten with { Exclude = new HashSet<string> { "b" } }).Select(r => r.ProductId));
        Assert.Equal(RecommendationSource.Trending, _trending.Top(Ten)[0].Source);
    }

    [Fact]
    public void Top_WhenOneVisitIsFarNewer_LeavesOutWhatHasFaded()
    {
        for (int i = 0; i < 50; i++)
        {
            View($"p{i}", hours: i % 5);
        }

        View("today", hours: 24 * 600);
        Assert.Equal([("today", 1.0)], Top());
    }

    [Fact]
    public void Top_KeepsWhatHasAThousandthOfTheBest()
    {
        View("nine", hours: 0);
        View("eleven", hours: -12);
        View("now", hours: 54);
        Assert.Equal(["now", "nine"], Top().Select(t => t.Item1));
    }

    [Fact]
    public void Top_BeforeAnythingHappened_IsEmpty() => Assert.Empty(Top());

    private void View(string product, double hours) =>
        _trending.Add(product, default, BehaviorEventType.View, Events.Start.AddHours(hours));

    private List<(string, double)> Top()
    {
        _trending.Publish();
        return [.. _trending.Top(Ten).Select(r => (r.ProductId, Math.Round(r.Score, 9)))];
    }
}
