using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>What the purchase model predicts from: the cart view's features of a product in a visit, as far as they proved to help.</summary>
/// <remarks>
/// Left out on purpose: counts and trends that grow with the calendar, such as all products that the visitor ever dealt with (they tell
/// the month, not the buyer), the shop's conversion by hour and weekday (it made probabilities of a later month too high), what is the
/// same in every training row, such as the time since the product's own event, and conversion by category and brand (in many shops a
/// purchase names no category, or one of its own).
/// </remarks>
/// <param name="Original">The six features of the original model.</param>
/// <param name="More">The others, in the order of <see cref="Names"/>; NaN where missing.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PurchaseFeatures(SessionFeatures Original, float[] More)
{
    /// <summary>How many there are beside the original six.</summary>
    public const int Count = 42;

    /// <summary>Stands for a time since something that never happened, in seconds and in hours: longer than any state is kept.</summary>
    private const float NeverSeconds = 1_000_000;

    private const float NeverHours = 10_000;

    /// <summary>The names of the original model's six features, in their order.</summary>
    public static IReadOnlyList<string> OriginalNames { get; } =
    ["category_code_level1", "category_code_level2", "event_weekday", "activity_count", "price", "brand"];

    /// <summary>The names of <see cref="More"/>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "session_views",
        "session_carts",
        "session_removals",
        "session_purchases",
        "session_distinct_products",
        "session_distinct_categories",
        "session_seconds",
        "session_carts_per_view",
        "session_repeats",
        "session_mean_step_seconds",
        "session_three_steps_seconds",
        "session_categories_per_product",
        "session_began_with_cart",
        "session_price_mean",
        "price_to_session_mean",
        "session_product_views",
        "session_product_first_seconds",
        "session_step_seconds",
        "session_product_step_seconds",
        "session_other_view_seconds",
        "user_sessions",
        "user_cart_sessions",
        "user_purchase_sessions",
        "user_conversion",
        "user_cart_conversion",
        "user_hours_since_session",
        "user_hours_since_cart",
        "user_hours_since_purchase",
        "user_last_outcome",
        "user_product_seen",
        "user_product_carted",
        "user_product_bought",
        "user_open_carts",
        "user_open_cart_value",
        "user_open_cart_has_product",
        "user_spent",
        "user_cart_sessions_7d",
        "price_to_product_mean",
        "product_conversion",
        "product_carts_per_view",
        "hour",
        "weekday",
    ];

    private static readonly int[] OriginalPlaces = [.. OriginalNames.Select(PlaceOf)];

    private static readonly int[] Places = [.. Names.Select(PlaceOf)];

    /// <summary>What a missing value counts as, in the order of <see cref="Names"/>: never, or no different from others.</summary>
    public static IReadOnlyList<float> Missing { get; } =
    [
        .. Names.Select(name =>
            name.EndsWith("_seconds", StringComparison.Ordinal) ? NeverSeconds
            : name.StartsWith("user_hours_", StringComparison.Ordinal) ? NeverHours
            : name == "user_last_outcome" ? -1
            : 0
        ),
    ];

    /// <summary>A hash of all names in their order: what was stored under another one is not of these features.</summary>
    public static string Layout { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', OriginalNames.Concat(Names)))).AsSpan(0, 8)
        );

    /// <summary>The model's features at a moment; null when nothing is known of the product.</summary>
    public static PurchaseFeatures? Of(CartMoment moment)
    {
        if (moment.Candidate is not { } original)
        {
            return null;
        }

        float[] more = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            more[i] = CartFeatures.Read(Places[i], moment).ToFloat();
        }

        return new PurchaseFeatures(original, more);
    }

    /// <summary>The features of a product of which nothing is known but the original six.</summary>
    public static PurchaseFeatures Of(SessionFeatures original) =>
        new(original, [.. Enumerable.Repeat(float.NaN, Count)]);

    /// <summary>The model's features among those of the cart view; null when nothing was known of the product.</summary>
    /// <param name="cart">The cart view's, in the order of <see cref="CartFeatures.Features"/>.</param>
    public static PurchaseFeatures? Find(ReadOnlySpan<FeatureValue> cart) =>
        cart[OriginalPlaces[4]].IsMissing ? null : Of(cart);

    /// <summary>The model's features among those of the cart view.</summary>
    /// <param name="cart">The cart view's, in the order of <see cref="CartFeatures.Features"/>; the product's price is known.</param>
    public static PurchaseFeatures Of(ReadOnlySpan<FeatureValue> cart)
    {
        float[] more = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            more[i] = cart[Places[i]].ToFloat();
        }

        return new PurchaseFeatures(
            new SessionFeatures
            {
                CategoryCodeLevel1 = cart[OriginalPlaces[0]].ToObject() as string,
                CategoryCodeLevel2 = cart[OriginalPlaces[1]].ToObject() as string,
                EventWeekday = (int)cart[OriginalPlaces[2]].ToDouble(),
                ActivityCount = (int)cart[OriginalPlaces[3]].ToDouble(),
                Price = (decimal)cart[OriginalPlaces[4]].ToObject()!,
                Brand = cart[OriginalPlaces[5]].ToObject() as string,
            },
            more
        );
    }

    /// <summary>Whether a feature is a text.</summary>
    /// <param name="place">Its place in <see cref="PurchaseEncoder.FeatureNames"/>, as for the next two.</param>
    public static bool IsText(int place) => place is 0 or 1 or 5;

    /// <summary>The place of a feature in <see cref="PurchaseEncoder.FeatureNames"/>; below zero when there is none of the name.</summary>
    public static int PlaceOfFeature(string name)
    {
        int place = PurchaseEncoder.Columns - 1;
        while (place >= 0 && PurchaseEncoder.FeatureNames[place] != name)
        {
            place--;
        }

        return place;
    }

    /// <summary>The text of a feature; null where it is missing, empty or no text.</summary>
    public string? Text(int place)
    {
        string? text = place switch
        {
            0 => Original.CategoryCodeLevel1,
            1 => Original.CategoryCodeLevel2,
            5 => Original.Brand,
            _ => null,
        };
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>The number of a feature; NaN where it is missing or no number.</summary>
    public float Number(int place) =>
        place switch
        {
            2 => Original.EventWeekday,
            3 => Original.ActivityCount,
            4 => (float)Original.Price,
            < PurchaseEncoder.OriginalColumns => float.NaN,
            _ => More[place - PurchaseEncoder.OriginalColumns],
        };

    /// <summary>The value of a feature for people: a text, a number, or null where it is missing or there is no such feature.</summary>
    public object? ValueOf(string feature)
    {
        int place = 0;
        while (place < Count && Names[place] != feature)
        {
            place++;
        }

        if (place < Count)
        {
            return float.IsNaN(More[place]) ? null : More[place];
        }

        return feature switch
        {
            "category_code_level1" => Original.CategoryCodeLevel1,
            "category_code_level2" => Original.CategoryCodeLevel2,
            "event_weekday" => Original.EventWeekday,
            "activity_count" => Original.ActivityCount,
            "price" => Original.Price,
            "brand" => Original.Brand,
            _ => null,
        };
    }

    private static int PlaceOf(string name)
    {
        for (int i = 0; i < CartFeatures.Features.Count; i++)
        {
            if (CartFeatures.Features[i].Name == name)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"The cart view has no feature {name}.");
    }
}
