namespace Fecom.Ingestion.Generators.Shared;

/// <summary>
/// When visits begin and whose they are. The shop grows: after t days it has had about 1,100 · t² events, so that ten
/// thousand span three days, a million a month, and fifty million seven months.
/// </summary>
internal sealed class Traffic(long seed)
{
    /// <summary>Midnight, Wednesday.</summary>
    public static readonly DateTime Start = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Weekday of <see cref="Start"/>, Monday 0.</summary>
    public const int FirstWeekday = 2;

    private const double SecondsADay = 86_400;
    private const double VisitsADaySquared = 210;
    private const double NewShoppers = 0.4;

    private Dice _dice = Dice.Of(seed, DiceOf.Arrivals, 0);
    private long _shoppers;

    /// <summary>Second of the next visit's beginning, from <see cref="Start"/>.</summary>
    public double NextSecond { get; private set; }

    public int NextDay => (int)(NextSecond / SecondsADay);

    /// <summary>Whose the next visit is: a new shopper's, or that of one who was here before, lately more likely.</summary>
    public long NextShopper()
    {
        if (_shoppers == 0 || _dice.Hits(NewShoppers))
        {
            return _shoppers++;
        }

        double back = _dice.Unit();
        return _shoppers - 1 - (long)(_shoppers * back * back * back);
    }

    public void MoveOn() => NextSecond += _dice.Exponential() / VisitsASecond(NextSecond);

    private static double VisitsASecond(double second)
    {
        double day = second / SecondsADay;
        double ofDay = 1 + (0.75 * Math.Cos(Math.Tau * (day - (20.0 / 24))));
        double ofWeek = ((int)day + FirstWeekday) % 7 >= 5 ? 1.25 : 0.9;
        return 2 * VisitsADaySquared * Math.Max(day, 0.5) * ofDay * ofWeek / SecondsADay;
    }
}
