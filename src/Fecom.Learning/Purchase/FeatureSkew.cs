namespace Fecom.Learning.Purchase;

/// <summary>Compares features that were served with those that history gives for the same moment.</summary>
/// <remarks>
/// An event is in the online store some time after it was received. So a served value is right when it is that of all events received by
/// then, or of those received a little earlier, or lies between the two: what arrived on the way may have been seen in part.
/// </remarks>
public static class FeatureSkew
{
    /// <summary>Difference that counts as none, as a share of the value: the last digits of a sum that was added up in another order.</summary>
    private const float Tolerance = 1e-5f;

    /// <summary>Which features differ.</summary>
    /// <param name="served">What the model predicted from.</param>
    /// <param name="earlier">By the events received some time before; null when nothing was known of the product.</param>
    /// <param name="then">By all events received by then; null when nothing was known of the product.</param>
    /// <returns>One a feature, in the order of <see cref="PurchaseEncoder.FeatureNames"/>.</returns>
    public static bool[] Of(in PurchaseFeatures served, in PurchaseFeatures? earlier, in PurchaseFeatures? then)
    {
        bool[] differs = new bool[PurchaseEncoder.Columns];
        for (int place = 0; place < differs.Length; place++)
        {
            differs[place] = PurchaseFeatures.IsText(place)
                ? !IsSame(served.Text(place), earlier, place) && !IsSame(served.Text(place), then, place)
                : !IsBetween(
                    served.Number(place),
                    earlier?.Number(place) ?? then?.Number(place),
                    then?.Number(place) ?? earlier?.Number(place)
                );
        }

        return differs;
    }

    private static bool IsSame(string? served, in PurchaseFeatures? offline, int place) =>
        offline is { } known && known.Text(place) == served;

    private static bool IsBetween(float served, float? earlier, float? then)
    {
        if (earlier is not { } a || then is not { } b)
        {
            return false;
        }

        if (float.IsNaN(served) || float.IsNaN(a) || float.IsNaN(b))
        {
            // A feature that was missing until an event on its way came may have been missing, or be what it then was.
            return float.IsNaN(served) ? float.IsNaN(a) || float.IsNaN(b) : IsClose(served, a) || IsClose(served, b);
        }

        float slack = Tolerance * Math.Max(1, Math.Max(Math.Abs(a), Math.Abs(b)));
        return served >= Math.Min(a, b) - slack && served <= Math.Max(a, b) + slack;
    }

    private static bool IsClose(float served, float offline) =>
        !float.IsNaN(offline) && Math.Abs(served - offline) <= Tolerance * Math.Max(1, Math.Abs(offline));
}
