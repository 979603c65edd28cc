using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>The six features of the original purchase model, of one event after its step: what the model trains on and predicts with.</summary>
public readonly record struct SessionFeatures
{
    /// <summary>First segment of the product's category path; null when the shop did not say.</summary>
    public string? CategoryCodeLevel1 { get; init; }

    /// <summary>Second segment of the product's category path; null when there is none.</summary>
    public string? CategoryCodeLevel2 { get; init; }

    /// <summary>Day of the week of the event in UTC, Monday 0 to Sunday 6.</summary>
    public required int EventWeekday { get; init; }

    /// <summary>Events of the session up to and including this one, from 1.</summary>
    public required int ActivityCount { get; init; }

    /// <summary>The product's price in the shop's currency, above zero.</summary>
    public required decimal Price { get; init; }

    /// <summary>The product's brand; null when the shop did not say.</summary>
    public string? Brand { get; init; }

    /// <summary>The features of an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="activityCount">Its place among its session's events, from 1.</param>
    public static SessionFeatures Of(BehaviorEvent e, int activityCount) =>
        Of(activityCount, e.EventTime, e.CategoryCode, e.Price, e.Brand);

    /// <summary>The features of an event.</summary>
    /// <param name="place">Its place among the events of its session, from 1.</param>
    /// <param name="eventTime">When it happened, UTC.</param>
    /// <param name="categoryCode">The category path of its product; null or empty when the shop did not say.</param>
    /// <param name="price">The price of its product, in the shop's currency.</param>
    /// <param name="brand">The brand of its product; null or empty when the shop did not say.</param>
    public static SessionFeatures Of(int place, DateTime eventTime, string? categoryCode, decimal price, string? brand)
    {
        (string? level1, string? level2) = CategoryLevels.Of(categoryCode);
        return new SessionFeatures
        {
            CategoryCodeLevel1 = level1,
            CategoryCodeLevel2 = level2,
            EventWeekday = SessionView.Weekday(eventTime),
            ActivityCount = place,
            Price = price,
            Brand = string.IsNullOrEmpty(brand) ? null : brand,
        };
    }
}
