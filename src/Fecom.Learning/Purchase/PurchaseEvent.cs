using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>One event of a session, as far as the purchase model needs it.</summary>
/// <param name="EventTime">When it happened, UTC.</param>
/// <param name="EventType">What the visitor did.</param>
/// <param name="ProductId">With which product.</param>
/// <param name="Features">The features after the event's step.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PurchaseEvent(
    DateTime EventTime,
    BehaviorEventType EventType,
    string ProductId,
    SessionFeatures Features
)
{
    /// <summary>A session's events with their features: an event's place counts among those that were there when it arrived.</summary>
    /// <param name="events">The session's events in the order in which they arrived.</param>
    public static PurchaseEvent[] OfSession(IReadOnlyList<BehaviorEvent> events)
    {
        List<(DateTime, uint)> arrived = [];
        PurchaseEvent[] rows = new PurchaseEvent[events.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            BehaviorEvent e = events[i];
            (DateTime, uint) order = (e.EventTime, EventOrder.TieOf(e));
            int place = arrived.BinarySearch(order);
            place = place < 0 ? ~place : place;
            arrived.Insert(place, order);
            rows[i] = new(e.EventTime, e.EventType, e.ProductId, SessionFeatures.Of(e, place + 1));
        }

        return rows;
    }
}
