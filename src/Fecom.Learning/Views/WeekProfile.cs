using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Adds to the cart and purchases by hour of the week, for how the shop converts at an hour or on a weekday.</summary>
/// <remarks>
/// Counted by UTC hours, Monday 0:00 first, in periods of 64 days; the newest three periods are kept, and each weighs half of
/// the next. A zone is applied when a day is read, at its offset of that moment, rounded to the hour: events from before the
/// clocks were changed count an hour beside, and in zones with half hours a day begins half an hour beside midnight.
/// </remarks>
public sealed class WeekProfile
{
    private const int Hours = 168;
    private const int Periods = 3;
    private const long MicrosecondsAnHour = 3_600_000_000;

    /// <summary>1970-01-01 was a Thursday.</summary>
    private const int EpochHour = 72;

    private readonly List<Period> _periods = [];

    /// <summary>Takes an event in.</summary>
    public void Add(long time, BehaviorEventType type)
    {
        if (type is not (BehaviorEventType.Cart or BehaviorEventType.Purchase))
        {
            return;
        }

        long hour = HourOf(time);
        if (PeriodAt(PeriodOf(hour)) is { } period)
        {
            (type == BehaviorEventType.Cart ? period.Carts : period.Purchases)[HourOfWeek(hour)]++;
        }
    }

    /// <summary>What was carted and bought at a moment's hour of the day, over all days.</summary>
    public DecayedSum AtHour(DateTime at)
    {
        long hour = HourOf(EventOrder.ToMicroseconds(at));
        int hourOfDay = HourOfWeek(hour) % 24;
        Span<int> places = stackalloc int[Hours / 24];
        for (int day = 0; day < places.Length; day++)
        {
            places[day] = hourOfDay + (24 * day);
        }

        return Sum(hour, places);
    }

    /// <summary>What was carted and bought on a moment's weekday.</summary>
    /// <param name="at">The moment, UTC.</param>
    /// <param name="zone">The shop's time zone.</param>
    public DecayedSum OnWeekday(DateTime at, TimeZoneInfo zone)
    {
        int offset = (int)Math.Round(zone.GetUtcOffset(at).TotalHours);
        int weekday = Weekday(HourOfWeek(HourOf(EventOrder.ToMicroseconds(at))), offset);
        int first = ((24 * weekday) - offset + Hours) % Hours;
        int wrapped = Math.Max(0, first + 24 - Hours);
        Span<int> places = stackalloc int[24];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = i < wrapped ? i : first + i - wrapped;
        }

        return Sum(HourOf(EventOrder.ToMicroseconds(at)), places);
    }

    internal void Write(PackedWriter writer)
    {
        writer.Count(_periods.Count);
        foreach (Period period in _periods)
        {
            writer.Integer(period.Index);
            for (int i = 0; i < Hours; i++)
            {
                writer.Count(period.Carts[i]);
                writer.Count(period.Purchases[i]);
            }
        }
    }

    internal void Read(ref PackedReader reader)
    {
        int count = reader.Count(Periods);
        for (int p = 0; p < count; p++)
        {
            Period period = new(reader.Integer());
            for (int i = 0; i < Hours; i++)
            {
                period.Carts[i] = reader.Count();
                period.Purchases[i] = reader.Count();
            }

            _periods.Add(period);
        }
    }

    private static int Weekday(int hourOfWeek, int offset) => (hourOfWeek + offset + Hours) % Hours / 24;

    private static long HourOf(long time) => FloorDivide(time, MicrosecondsAnHour);

    private static long PeriodOf(long hour) => FloorDivide(hour, DecayedCounts.HalfLifeDays * 24);

    private static int HourOfWeek(long hour) => (int)((((hour + EpochHour) % Hours) + Hours) % Hours);

    private static long FloorDivide(long number, long by) =>
        Math.DivRem(number, by, out long rest) - (rest < 0 ? 1 : 0);

    /// <param name="hour">Now, in hours since 1970-01-01 UTC.</param>
    /// <param name="places">The hours of the week that count, ascending: in another order the sums might differ in their last bits.</param>
    private DecayedSum Sum(long hour, ReadOnlySpan<int> places)
    {
        (double carts, double purchases) = (0, 0);
        foreach (Period period in _periods)
        {
            double scale = Math.ScaleB(1, (int)(period.Index - PeriodOf(hour)));
            foreach (int place in places)
            {
                carts += scale * period.Carts[place];
                purchases += scale * period.Purchases[place];
            }
        }

        return new DecayedSum(0, carts, purchases);
    }

    /// <summary>The period, added if need be; null when it is too old to be kept.</summary>
    private Period? PeriodAt(long index)
    {
        int place = _periods.Count;
        while (place > 0 && _periods[place - 1].Index > index)
        {
            place--;
        }

        if (place > 0 && _periods[place - 1].Index == index)
        {
            return _periods[place - 1];
        }

        if (_periods.Count > 0 && index <= _periods[^1].Index - Periods)
        {
            return null;
        }

        _periods.Insert(place, new Period(index));
        long newest = _periods[^1].Index;
        _periods.RemoveAll(period => period.Index <= newest - Periods);
        return _periods.Find(period => period.Index == index);
    }

    private sealed record Period(long Index)
    {
        public long[] Carts { get; } = new long[Hours];

        public long[] Purchases { get; } = new long[Hours];
    }
}
