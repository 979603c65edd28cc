using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class WeekProfileTests
{
    /// <summary>A Thursday on which a period of 64 days begins.</summary>
    private static readonly DateTime Start = DateTime.UnixEpoch.AddDays(64 * 7 * 40);

    [Fact]
    public void AtHourAndOnWeekday_InAnyZone_CountWhatHappenedThen()
    {
        Random random = new(1);
        DateTime[] carts = [.. Enumerable.Range(0, 3_000).Select(_ => Start.AddHours(random.Next(64 * 24)))];
        WeekProfile profile = new();
        Array.ForEach(carts, time => profile.Add(EventOrder.ToMicroseconds(time), BehaviorEventType.Cart));

        for (int offset = -12; offset <= 14; offset++)
        {
            TimeSpan shift = TimeSpan.FromHours(offset);
            TimeZoneInfo zone = TimeZoneInfo.CreateCustomTimeZone("shop", shift, "shop", "shop");
            for (int hour = 0; hour < 168; hour += 5)
            {
                DateTime at = Start.AddDays(50).AddHours(hour);

                Assert.Equal(
                    carts.Count(time => (time + shift).DayOfWeek == (at + shift).DayOfWeek),
                    profile.OnWeekday(at, zone).Carts
                );
                Assert.Equal(carts.Count(time => time.Hour == at.Hour), profile.AtHour(at).Carts);
            }
        }
    }
}
