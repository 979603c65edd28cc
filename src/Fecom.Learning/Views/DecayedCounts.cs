using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Counts in which an event weighs half after every 64 days.</summary>
/// <remarks>
/// Time is cut into periods of 64 days. Within its period a later day weighs more, by a table of whole numbers that doubles
/// from the first day to the last, so the sum of a period is exact in any order; between periods the halving is done when the
/// value is read. Six periods are kept: what is older would weigh a sixty-fourth or less.
/// </remarks>
public sealed class DecayedCounts
{
    /// <summary>After how long an event weighs half.</summary>
    public const int HalfLifeDays = 64;

    private const int Periods = 6;
    private const double Unit = 65_536;
    private const long MicrosecondsADay = 86_400_000_000;

    private static readonly long[] Weights =
    [
        .. Enumerable
            .Range(0, HalfLifeDays)
            .Select(day => (long)Math.Round(Unit * Math.Pow(2, day / (double)HalfLifeDays))),
    ];

    private readonly TileSeries _periods = new(TimeSpan.FromDays(HalfLifeDays), Periods);

    /// <summary>What an event on a day weighs within its period of 64 days; comparable with others through <see cref="At"/> alone.</summary>
    /// <param name="time">Microseconds since 1970-01-01 UTC.</param>
    public static long WeightAt(long time)
    {
        long day = Math.DivRem(time, MicrosecondsADay, out long rest) - (rest < 0 ? 1 : 0);
        return Weights[((day % HalfLifeDays) + HalfLifeDays) % HalfLifeDays];
    }

    /// <summary>Takes an event in.</summary>
    /// <param name="time">When it happened, in microseconds since 1970-01-01 UTC.</param>
    /// <param name="type">What it was.</param>
    public void Add(long time, BehaviorEventType type) => _periods.Add(time, EventCounts.Of(type, WeightAt(time)));

    /// <summary>The counts at a moment, where an event of that day weighs one.</summary>
    public DecayedSum At(DateTime at)
    {
        long now = EventOrder.ToMicroseconds(at);
        long period = _periods.IndexOf(now);
        double unit = 1.0 / WeightAt(now);
        DecayedSum sum = default;
        foreach (ref readonly Tile tile in _periods.Tiles)
        {
            double scale = Math.ScaleB(unit, (int)(tile.Index - period));
            EventCounts counts = tile.Counts;
            sum = new DecayedSum(
                sum.Views + (counts.Views * scale),
                sum.Carts + (counts.Carts * scale),
                sum.Purchases + (counts.Purchases * scale)
            );
        }

        return sum;
    }

    internal void Write(PackedWriter writer) => _periods.Write(writer);

    internal void Read(ref PackedReader reader) => _periods.Read(ref reader);
}

/// <summary>Counts in which older events weigh less.</summary>
/// <param name="Views">Views.</param>
/// <param name="Carts">Adds to a cart.</param>
/// <param name="Purchases">Purchases.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct DecayedSum(double Views, double Carts, double Purchases);
