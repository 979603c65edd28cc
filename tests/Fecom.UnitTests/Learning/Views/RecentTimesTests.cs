using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class RecentTimesTests
{
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(60);

    [Fact]
    public void After_CountsWhatFollowsWithinTheLateness() =>
        Prop.ForAll(
                Gen.Choose(-100, 100).NonEmptyListOf().ToArbitrary(),
                Gen.Choose(-110, 110).ToArbitrary(),
                (seconds, at) =>
                {
                    DateTime[] times = [.. seconds.Select(Second)];
                    DateTime[] recent = [.. times.Where(time => time >= times.Max() - Lateness).Order()];

                    RecentTimes added = Added(times, Lateness);

                    DateTime[] following = [.. recent.Where(time => time > Second(at))];
                    Assert.Equal((following.Length, following.FirstOrDefault()), added.After(Second(at)));
                    Assert.Equal(recent.Length, added.Count);
                    Assert.Equal(recent.Contains(Second(at)), added.Has(Second(at)));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void FromText_IsTheInverseOfToText() =>
        Prop.ForAll(
                Gen.Choose(-1_000_000, 100).NonEmptyListOf().ToArbitrary(),
                seconds =>
                {
                    DateTime[] times = [.. seconds.Select(Second)];
                    RecentTimes added = Added(times, TimeSpan.FromDays(30));

                    RecentTimes read = RecentTimes.FromText(added.ToText(), times.Max());

                    Assert.Equal(added.ToText(), read.ToText());
                    Assert.Equal(added.Count, read.Count);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Add_WhenTheTimesAreMany_KeepsTheNewestAndWhatIsOlderChangesNothing()
    {
        RecentTimes times = Added(
            [.. Enumerable.Range(0, RecentTimes.Capacity + 10).Select(Second)],
            TimeSpan.FromDays(1)
        );

        Assert.Equal(RecentTimes.Capacity, times.Count);
        Assert.Same(times, times.Add(Second(5), TimeSpan.FromDays(1)));
        // Others may have happened at the time of the first that is left.
        Assert.Equal((RecentTimes.Capacity - 1, Second(11)), times.After(Second(5)));
        Assert.False(times.Has(Second(5)));
    }

    [Fact]
    public void FromText_WhenItCannotBeRead_SaysSo() =>
        Assert.Contains(
            "recent_times",
            Assert.Throws<FormatException>(() => RecentTimes.FromText("1,x", Second(0))).Message,
            StringComparison.Ordinal
        );

    private static RecentTimes Added(DateTime[] times, TimeSpan lateness) =>
        times.Skip(1).Aggregate(RecentTimes.Of(times[0]), (added, time) => added.Add(time, lateness));

    private static DateTime Second(int second) => Events.Start.AddSeconds(second);
}
