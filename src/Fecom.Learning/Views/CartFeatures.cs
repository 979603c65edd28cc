using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>The cart view: what is known of a product in a visit when it is put into the cart. Worked out at the request and in training by this one function, and stored nowhere.</summary>
/// <remarks>
/// What a visitor did before leaves the visit at hand out. Conversion is purchases by add to the cart, smoothed towards the
/// shop's own of that moment and given as the difference of log odds to it, so that it does not drift with the shop.
/// </remarks>
public static class CartFeatures
{
    /// <summary>The features, in the order in which they are read.</summary>
    public static IReadOnlyList<Feature> Features { get; } =
    [.. OriginalFeatures, .. CartVisitFeatures.All, .. CartHistoryFeatures.All, .. Clock];

    private static IEnumerable<StateFeature<CartMoment>> OriginalFeatures =>
        [
            new(
                "category_code_level1",
                Text,
                "",
                "First segment of the product's category path",
                default,
                (m, _) => m.Candidate?.CategoryCodeLevel1
            ),
            new(
                "category_code_level2",
                Text,
                "",
                "Second segment of the product's category path",
                default,
                (m, _) => m.Candidate?.CategoryCodeLevel2
            ),
            new("brand", Text, "", "The product's brand", default, (m, _) => m.Candidate?.Brand),
            new(
                "event_weekday",
                Integer,
                "day",
                "Weekday in UTC, Monday 0 to Sunday 6",
                default,
                (m, _) => Of(m.Candidate?.EventWeekday)
            ),
            new(
                "activity_count",
                Integer,
                "events",
                "Events of the visit, that of the product included",
                default,
                (m, _) => Of(m.Candidate?.ActivityCount)
            ),
            new(
                "price",
                Number,
                "currency",
                "The product's price",
                default,
                (m, _) => m.Price is { } price ? price : default(FeatureValue)
            ),
        ];

    private static IEnumerable<StateFeature<CartMoment>> Clock =>
        [
            new(
                "hour",
                Number,
                "hours",
                "Hour of the day in the shop's time zone, 0 to 24",
                default,
                (m, _) => m.LocalTime.TimeOfDay.TotalHours
            ),
            new(
                "weekday",
                Integer,
                "day",
                "Weekday in the shop's time zone, Monday 0 to Sunday 6",
                default,
                (m, _) => SessionView.Weekday(m.LocalTime)
            ),
            new(
                "hour_conversion",
                Number,
                "log odds",
                "The shop's conversion at this hour of the day against all hours",
                default,
                (m, _) => CartConversion.Of(m, m.Shop?.Week.AtHour(m.At))
            ),
            new(
                "weekday_conversion",
                Number,
                "log odds",
                "The shop's conversion on this weekday, in its time zone, against all days",
                default,
                (m, _) => CartConversion.Of(m, m.Shop?.Week.OnWeekday(m.At, m.Zone))
            ),
        ];

    /// <summary>The values at a moment, in the order of <see cref="Features"/>.</summary>
    /// <param name="moment">The product, the visit and what is known of them.</param>
    /// <param name="values">Takes the values; as long as <see cref="Features"/>.</param>
    public static void Read(CartMoment moment, Span<FeatureValue> values)
    {
        for (int i = 0; i < Features.Count; i++)
        {
            values[i] = Read(i, moment);
        }
    }

    /// <summary>One value at a moment.</summary>
    /// <param name="place">Its place in <see cref="Features"/>.</param>
    /// <param name="moment">The product, the visit and what is known of them.</param>
    internal static FeatureValue Read(int place, CartMoment moment) =>
        ((StateFeature<CartMoment>)Features[place]).Value(moment, moment.At);

    internal static FeatureValue Of(int? number) => number is { } known ? known : default(FeatureValue);

    internal static FeatureValue LogRatio(decimal? part, decimal? whole) =>
        part > 0 && whole > 0 ? Math.Log((double)(part.Value / whole.Value)) : default(FeatureValue);

    internal static int Flag(bool isSo) => isSo ? 1 : 0;
}
