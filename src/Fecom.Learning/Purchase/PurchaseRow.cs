using System.Runtime.InteropServices;

namespace Fecom.Learning.Purchase;

/// <summary>A labelled row: a product in a session at the moment it became a candidate.</summary>
/// <param name="Features">What was known at that moment.</param>
/// <param name="IsPurchased">True when the same product was bought later: see <see cref="PurchaseRowFinder"/>.</param>
/// <param name="IsFirst">
/// True for the first candidate of its session, what models are measured on; the others are learned from with
/// <see cref="LaterWeight"/>.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PurchaseRow(PurchaseFeatures Features, bool IsPurchased, bool IsFirst = true)
{
    /// <summary>How much a row counts that is not the first of its session: its label is much the same as that of the first.</summary>
    public const float LaterWeight = 0.3f;

    /// <summary>How much the row counts in training.</summary>
    public float Weight => IsFirst ? 1 : LaterWeight;
}

/// <summary>Which event of a product in a session makes a row.</summary>
public enum PurchaseCandidate
{
    /// <summary>The first time it was put into the cart: what the original model learnt from.</summary>
    FirstCart,

    /// <summary>The first event with it that was a view or a cart, for shops whose data hold hardly any carts.</summary>
    FirstTouch,
}
