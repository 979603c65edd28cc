using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of a category: the value of view <c>category</c> for one <c>category_id</c>. Never changes; a merge makes the next one.</summary>
public sealed record CategoryState
{
    /// <summary>First segment of the category path; null when the shop did not say.</summary>
    public string? CategoryCodeLevel1 { get; init; }

    /// <summary>Second segment of the category path; null when there is none.</summary>
    public string? CategoryCodeLevel2 { get; init; }

    /// <summary>All events so far, late ones included.</summary>
    public required EventCounts Counts { get; init; }

    /// <summary>When the newest event happened, UTC, to the microsecond.</summary>
    public required DateTime EventTime { get; init; }

    /// <summary>The newest event: decides between two at the same microsecond. Not a feature.</summary>
    public required Guid EventId { get; init; }

    /// <summary>What some events say of their category by themselves.</summary>
    public static CategoryState Of(EventTally events)
    {
        BehaviorEvent newest = events.Newest;
        (string? level1, string? level2) = CategoryLevels.Of(newest.CategoryCode);
        return new CategoryState
        {
            CategoryCodeLevel1 = level1,
            CategoryCodeLevel2 = level2,
            Counts = events.Counts,
            EventTime = newest.EventTime,
            EventId = newest.EventId,
        };
    }

    /// <summary>The state as the online store has it: always every field in the same order, equal features equal byte for byte.</summary>
    /// <param name="revision">Greater with each state of the category; see <see cref="PackedFeatures"/>.</param>
    public string Pack(long revision)
    {
        PackedWriter writer = new(revision, stackalloc char[PackedWriter.UsualLength]);
        writer.Add(CategoryCodeLevel1);
        writer.Add(CategoryCodeLevel2);
        writer.Add(Counts.Views);
        writer.Add(Counts.Carts);
        writer.Add(Counts.Removals);
        writer.Add(Counts.Purchases);
        writer.Add(EventTime);
        return writer.Finish();
    }

    /// <summary>The fields of <see cref="Pack"/>: names and values by turns.</summary>
    public string[] ToFields() => PackedFeatures.Fields(Pack(revision: 0), CategoryView.View);
}
