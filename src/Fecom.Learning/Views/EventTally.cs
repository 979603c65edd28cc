using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What a batch's events say of one product or one category: how many there are of each type, and the newest.</summary>
/// <remarks>
/// The newest by event time wins, and of two at the same microsecond the greater event id, so events may come in any order
/// and in any batches. Filled event by event without an allocation for each.
/// </remarks>
/// <param name="first">The first event.</param>
public sealed class EventTally(BehaviorEvent first)
{
    /// <summary>The events by type.</summary>
    public EventCounts Counts { get; private set; } = EventCounts.Of(first.EventType);

    /// <summary>The newest event.</summary>
    public BehaviorEvent Newest { get; private set; } = first;

    /// <summary>Takes one more event in.</summary>
    public void Add(BehaviorEvent e)
    {
        Counts += EventCounts.Of(e.EventType);
        if (IsNewer(e.EventTime, e.EventId, Newest.EventTime, Newest.EventId))
        {
            Newest = e;
        }
    }

    /// <summary>Whether the event with this time and id speaks for its product or category rather than the other one.</summary>
    internal static bool IsNewer(DateTime time, Guid id, DateTime otherTime, Guid otherId)
    {
        int order = time.CompareTo(otherTime);
        return order > 0 || (order == 0 && id.CompareTo(otherId) > 0);
    }
}
