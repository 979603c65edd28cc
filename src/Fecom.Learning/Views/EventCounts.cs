using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>How many events there are of each type. Adding is associative and commutative: late or early, an event counts once.</summary>
/// <param name="Views">Views.</param>
/// <param name="Carts">Adds to a cart.</param>
/// <param name="Removals">Removals from a cart.</param>
/// <param name="Purchases">Purchases.</param>
public readonly record struct EventCounts(long Views, long Carts, long Removals, long Purchases)
{
    /// <summary>All events.</summary>
    public long All => Views + Carts + Removals + Purchases;

    /// <summary>The count of one event, or the same weight given to it.</summary>
    public static EventCounts Of(BehaviorEventType type, long weight = 1) =>
        type switch
        {
            BehaviorEventType.View => new(weight, 0, 0, 0),
            BehaviorEventType.Cart => new(0, weight, 0, 0),
            BehaviorEventType.RemoveFromCart => new(0, 0, weight, 0),
            _ => new(0, 0, 0, weight),
        };

    /// <summary>Both together.</summary>
    public static EventCounts operator +(EventCounts a, EventCounts b) =>
        new(a.Views + b.Views, a.Carts + b.Carts, a.Removals + b.Removals, a.Purchases + b.Purchases);

    internal void Write(PackedWriter writer)
    {
        // Which of the four are above zero, and these: most tiles have views alone.
        writer.Count((Views > 0 ? 1 : 0) | (Carts > 0 ? 2 : 0) | (Removals > 0 ? 4 : 0) | (Purchases > 0 ? 8 : 0));
        foreach (long count in (ReadOnlySpan<long>)[Views, Carts, Removals, Purchases])
        {
            if (count > 0)
            {
                writer.Count(count);
            }
        }
    }

    internal static EventCounts Read(ref PackedReader reader)
    {
        int which = reader.Count(15);
        long views = (which & 1) != 0 ? reader.Count() : 0;
        long carts = (which & 2) != 0 ? reader.Count() : 0;
        long removals = (which & 4) != 0 ? reader.Count() : 0;
        return new EventCounts(views, carts, removals, (which & 8) != 0 ? reader.Count() : 0);
    }
}
