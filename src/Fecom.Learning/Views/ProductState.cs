using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of a product: the value of view <c>product</c> for one <c>product_id</c>. Never changes; a merge makes the next one.</summary>
public sealed record ProductState
{
    /// <summary>Category id; null when the shop did not say.</summary>
    public string? CategoryId { get; init; }

    /// <summary>First segment of the category path; null when the shop did not say.</summary>
    public string? CategoryCodeLevel1 { get; init; }

    /// <summary>Second segment of the category path; null when there is none.</summary>
    public string? CategoryCodeLevel2 { get; init; }

    /// <summary>Brand; null when the shop did not say.</summary>
    public string? Brand { get; init; }

    /// <summary>Price in the shop's currency.</summary>
    public required decimal Price { get; init; }

    /// <summary>All events so far, late ones included.</summary>
    public required EventCounts Counts { get; init; }

    /// <summary>When the newest event happened, UTC, to the microsecond.</summary>
    public required DateTime EventTime { get; init; }

    /// <summary>The newest event: decides between two at the same microsecond.</summary>
    public required Guid EventId { get; init; }

    /// <summary>What some events say of their product by themselves.</summary>
    public static ProductState Of(EventTally events)
    {
        BehaviorEvent newest = events.Newest;
        (string? level1, string? level2) = CategoryLevels.Of(newest.CategoryCode);
        return new ProductState
        {
            CategoryId = string.IsNullOrEmpty(newest.CategoryId) ? null : newest.CategoryId,
            CategoryCodeLevel1 = level1,
            CategoryCodeLevel2 = level2,
            Brand = string.IsNullOrEmpty(newest.Brand) ? null : newest.Brand,
            Price = newest.Price,
            Counts = events.Counts,
            EventTime = newest.EventTime,
            EventId = newest.EventId,
        };
    }

    /// <summary>The state as the online store has it: always every field in the same order, equal features equal byte for byte.</summary>
    /// <param name="revision">Greater with each state of the product; see <see cref="PackedFeatures"/>.</param>
    public string Pack(long revision)
    {
        PackedWriter writer = new(revision, stackalloc char[PackedWriter.UsualLength]);
        writer.Add(CategoryId);
        writer.Add(CategoryCodeLevel1);
        writer.Add(CategoryCodeLevel2);
        writer.Add(Brand);
        writer.Add(Price);
        writer.Add(Counts.Views);
        writer.Add(Counts.Carts);
        writer.Add(Counts.Removals);
        writer.Add(Counts.Purchases);
        writer.Add(EventTime);
        writer.Add(EventId.ToString("D"));
        return writer.Finish();
    }

    /// <summary>The fields of <see cref="Pack"/>: names and values by turns.</summary>
    public string[] ToFields() => PackedFeatures.Fields(Pack(revision: 0), ProductView.View);

    /// <summary>The state that <see cref="ToFields"/> wrote; names by turns with values, in any order, unknown names ignored.</summary>
    /// <returns>The state, or null when there is no field.</returns>
    /// <exception cref="FormatException">A field is missing or cannot be read; the message names it.</exception>
    public static ProductState? FromFields(IReadOnlyList<string> fields) =>
        FromValues(FieldText.Arrange(fields, ProductView.View.FieldNames));

    /// <summary>The state from its values alone, in the order of <see cref="ProductView.View"/>'s fields: what one HMGET answers.</summary>
    /// <returns>The state, or null when every value is null.</returns>
    /// <exception cref="FormatException">A field is missing or cannot be read; the message names it.</exception>
    public static ProductState? FromValues(ReadOnlySpan<string?> values)
    {
        if (FieldText.IsAbsent(values, ProductView.View))
        {
            return null;
        }

        return new ProductState
        {
            CategoryId = FieldText.ToText(values[0]!),
            CategoryCodeLevel1 = FieldText.ToText(values[1]!),
            CategoryCodeLevel2 = FieldText.ToText(values[2]!),
            Brand = FieldText.ToText(values[3]!),
            Price = FieldText.ToDecimal(values[4]!, "price"),
            Counts = new EventCounts(
                FieldText.ToLong(values[5]!, "view_count"),
                FieldText.ToLong(values[6]!, "cart_count"),
                FieldText.ToLong(values[7]!, "remove_from_cart_count"),
                FieldText.ToLong(values[8]!, "purchase_count")
            ),
            EventTime = FieldText.ToTime(values[9]!, "event_time"),
            EventId = Guid.TryParse(values[10], out Guid id) ? id : throw FieldText.Unreadable("event_id", values[10]!),
        };
    }
}
