using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>How many events there are of each type. Adding is associative and commutative: late or early, an event counts once.</summary>
/// <param name="Views">Views.</param>
/// <param name="Carts">Adds to a cart.</param>
/// <param name="Removals">Removals from a cart.</param>
/// <param name="Purchases">Purchases.</param>
public readonly record struct EventCounts(long Views, long Carts, long Removals, long Purchases)
{
    /// <summary>The count of one event.</summary>
    public static EventCounts Of(BehaviorEventType type) =>
        type switch
        {
            BehaviorEventType.View => new(1, 0, 0, 0),
            BehaviorEventType.Cart => new(0, 1, 0, 0),
            BehaviorEventType.RemoveFromCart => new(0, 0, 1, 0),
            _ => new(0, 0, 0, 1),
        };

    /// <summary>Both together.</summary>
    public static EventCounts operator +(EventCounts a, EventCounts b) =>
        new(a.Views + b.Views, a.Carts + b.Carts, a.Removals + b.Removals, a.Purchases + b.Purchases);
}
