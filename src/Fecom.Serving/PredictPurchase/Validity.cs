using Fecom.Learning.Purchase;

namespace Fecom.Serving.PredictPurchase;

/// <summary>Describes which products a purchase model is valid for, and why an instance is outside of that.</summary>
internal static class Validity
{
    /// <summary>What the model has learnt to predict.</summary>
    public static string Of(PurchaseModel model) =>
        model.Candidate == PurchaseCandidate.FirstCart
            ? "products in the session's cart"
            : "products that the session has viewed or put into its cart";

    /// <summary>Whether the product is in the session's cart; null when that is not known.</summary>
    public static bool? InCart(CartPlace place) => place == CartPlace.Unknown ? null : place == CartPlace.InCart;

    /// <summary>What to keep in mind of a prediction; null when the model is valid for the product.</summary>
    public static string? Note(PurchaseModel model, CartPlace place, bool isSessionKnown)
    {
        bool cartOnly = model.Candidate == PurchaseCandidate.FirstCart;
        if (place == CartPlace.InCart || (!cartOnly && place is CartPlace.Viewed or CartPlace.Removed))
        {
            return null;
        }

        string why = place switch
        {
            CartPlace.Viewed => "The product is not in the session's cart, it was viewed alone",
            CartPlace.Removed => "The product is not in the session's cart, it was taken out",
            CartPlace.Bought => "The product is not in the session's cart, it was bought in this session already",
            CartPlace.Untouched => "The product is not in the session's cart, the session has no event with it",
            _ when !isSessionKnown => "The session is not known, and so whether the product is in its cart",
            _ =>
                "Whether the product is in the session's cart is not known: the session has dealt with more products than are remembered",
        };
        return $"{why}. The probability is what it would be if it had just been {(cartOnly ? "put into the cart" : "viewed")}.";
    }
}
