using System.Runtime.InteropServices;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>A labelled row: a product in a session at the moment it became a candidate.</summary>
/// <param name="Features">What was known at that moment.</param>
/// <param name="IsPurchased">True when the same product was bought later in the same session.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PurchaseRow(SessionFeatures Features, bool IsPurchased);

/// <summary>Which event of a product in a session makes a row.</summary>
public enum PurchaseCandidate
{
    /// <summary>The first time it was put into the cart: what the original model learnt from.</summary>
    FirstCart,

    /// <summary>The first event with it that was a view or a cart, for shops whose data hold hardly any carts.</summary>
    FirstTouch,
}
