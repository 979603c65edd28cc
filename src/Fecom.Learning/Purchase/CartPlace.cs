using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>What a session has done with a product, as far as its cart goes.</summary>
public enum CartPlace
{
    /// <summary>It was put into the cart, and neither taken out nor bought since.</summary>
    InCart,

    /// <summary>It was looked at alone.</summary>
    Viewed,

    /// <summary>It was taken out of the cart.</summary>
    Removed,

    /// <summary>It was bought.</summary>
    Bought,

    /// <summary>The session has no event with it, or none among its last <see cref="SessionState.Remembered"/>.</summary>
    Untouched,

    /// <summary>The session is not known, or it has dealt with more products than it remembers and this one may lie in its cart.</summary>
    Unknown,
}

/// <summary>Finds a product's <see cref="CartPlace"/> in what the online store keeps of a session.</summary>
/// <remarks>
/// A session remembers what was last done with <see cref="SessionState.Remembered"/> products, views left out, and counts every event.
/// While fewer are remembered none was forgotten; and when the remembered products that lie in the cart are as many as there were cart
/// events, none lies there forgotten.
/// </remarks>
public static class CartPlaces
{
    /// <summary>Where the product is.</summary>
    /// <param name="session">The session; null when it is not known.</param>
    /// <param name="productId">The product.</param>
    public static CartPlace Of(SessionState? session, string productId)
    {
        if (session is null)
        {
            return CartPlace.Unknown;
        }

        int inCart = 0;
        foreach (ref readonly Mark action in session.Actions)
        {
            inCart += action.Type == BehaviorEventType.Cart ? 1 : 0;
        }

        bool mayBeForgotten = session.MayHaveForgotten && inCart < session.Counts.Carts;
        return session.ActionOn(productId) switch
        {
            BehaviorEventType.Cart => CartPlace.InCart,
            BehaviorEventType.RemoveFromCart => CartPlace.Removed,
            BehaviorEventType.Purchase => CartPlace.Bought,
            _ when mayBeForgotten => CartPlace.Unknown,
            _ when SessionView.Views(session, productId) > 0 => CartPlace.Viewed,
            _ => CartPlace.Untouched,
        };
    }
}
