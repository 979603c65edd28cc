using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of a session: the value of view <c>session</c> for one <c>user_session</c>. Never changes; a step makes the next one.</summary>
public sealed class SessionState
{
    private readonly RecentProduct[] _recent;

    internal SessionState(RecentProduct[] recent) => _recent = recent;

    /// <summary>The visitor of the newest event.</summary>
    public required string UserId { get; init; }

    /// <summary>Events so far, late ones included; from 1.</summary>
    public required int ActivityCount { get; init; }

    /// <summary>Product of the newest event.</summary>
    public required string ProductId { get; init; }

    /// <summary>Category id of the newest event's product; null when the shop did not say.</summary>
    public string? CategoryId { get; init; }

    /// <summary>First segment of the newest event's category path; null when the shop did not say.</summary>
    public string? CategoryCodeLevel1 { get; init; }

    /// <summary>Second segment of the newest event's category path; null when there is none.</summary>
    public string? CategoryCodeLevel2 { get; init; }

    /// <summary>Brand of the newest event's product; null when the shop did not say.</summary>
    public string? Brand { get; init; }

    /// <summary>Price of the newest event's product, in the shop's currency.</summary>
    public required decimal Price { get; init; }

    /// <summary>Day of the week of the newest event in UTC, Monday 0 to Sunday 6.</summary>
    public required int EventWeekday { get; init; }

    /// <summary>What the newest event was.</summary>
    public required BehaviorEventType EventType { get; init; }

    /// <summary>When the newest event happened, UTC, to the microsecond.</summary>
    public required DateTime EventTime { get; init; }

    /// <summary>When the oldest event happened, UTC, to the microsecond.</summary>
    public required DateTime FirstEventTime { get; init; }

    /// <summary>Views so far.</summary>
    public required int Views { get; init; }

    /// <summary>Adds to the cart so far.</summary>
    public required int Carts { get; init; }

    /// <summary>Removals from the cart so far.</summary>
    public required int Removals { get; init; }

    /// <summary>Purchases so far.</summary>
    public required int Purchases { get; init; }

    /// <summary>The last products, the newest last: at most <see cref="RecentProducts.Capacity"/>.</summary>
    public ReadOnlySpan<RecentProduct> Recent => _recent;

    /// <summary>The state as the online store has it: always every field in the same order, equal features equal byte for byte.</summary>
    /// <param name="revision">Greater with each state of the session; see <see cref="PackedFeatures"/>.</param>
    public string Pack(long revision)
    {
        PackedWriter writer = new(revision, stackalloc char[PackedWriter.UsualLength]);
        writer.Add(UserId);
        writer.Add(ActivityCount);
        writer.Add(ProductId);
        writer.Add(CategoryId);
        writer.Add(CategoryCodeLevel1);
        writer.Add(CategoryCodeLevel2);
        writer.Add(Brand);
        writer.Add(Price);
        writer.Add(EventWeekday);
        writer.Add(EventType.Name());
        writer.Add(EventTime);
        writer.Add(FirstEventTime);
        writer.Add(Views);
        writer.Add(Carts);
        writer.Add(Removals);
        writer.Add(Purchases);
        writer.Add(Recent);
        return writer.Finish();
    }

    /// <summary>The fields of <see cref="Pack"/>: names and values by turns.</summary>
    public string[] ToFields() => PackedFeatures.Fields(Pack(revision: 0), SessionView.View);

    /// <summary>The state that <see cref="ToFields"/> wrote; names by turns with values, in any order, unknown names ignored.</summary>
    /// <returns>The state, or null when there is no field.</returns>
    /// <exception cref="FormatException">A field is missing or cannot be read; the message names it.</exception>
    public static SessionState? FromFields(IReadOnlyList<string> fields) =>
        FromValues(FieldText.Arrange(fields, SessionView.View.FieldNames));

    /// <summary>The state from its values alone, in the order of <see cref="SessionView.View"/>'s fields: what one HMGET answers.</summary>
    /// <returns>The state, or null when every value is null.</returns>
    /// <exception cref="FormatException">A field is missing or cannot be read; the message names it.</exception>
    public static SessionState? FromValues(ReadOnlySpan<string?> values)
    {
        if (FieldText.IsAbsent(values, SessionView.View))
        {
            return null;
        }

        if (!BehaviorEventTypes.TryParse(values[9], out BehaviorEventType type))
        {
            throw FieldText.Unreadable("event_type", values[9]!);
        }

        return new SessionState(RecentProducts.Parse(values[16]))
        {
            UserId = values[0]!,
            ActivityCount = FieldText.ToInt(values[1]!, "activity_count"),
            ProductId = values[2]!,
            CategoryId = FieldText.ToText(values[3]!),
            CategoryCodeLevel1 = FieldText.ToText(values[4]!),
            CategoryCodeLevel2 = FieldText.ToText(values[5]!),
            Brand = FieldText.ToText(values[6]!),
            Price = FieldText.ToDecimal(values[7]!, "price"),
            EventWeekday = FieldText.ToInt(values[8]!, "event_weekday"),
            EventType = type,
            EventTime = FieldText.ToTime(values[10]!, "event_time"),
            FirstEventTime = FieldText.ToTime(values[11]!, "first_event_time"),
            Views = FieldText.ToInt(values[12]!, "view_count"),
            Carts = FieldText.ToInt(values[13]!, "cart_count"),
            Removals = FieldText.ToInt(values[14]!, "remove_from_cart_count"),
            Purchases = FieldText.ToInt(values[15]!, "purchase_count"),
        };
    }
}
