namespace Fecom.Learning.Views;

/// <summary>Purchases by add to the cart, against the shop's own.</summary>
internal static class CartConversion
{
    /// <summary>How many adds to the cart at the shop's own rate are added: with so many of its own a rate counts half.</summary>
    private const double Prior = 20;

    private const double LowestRate = 0.01;

    /// <summary>The difference of log odds; missing when the shop is not known or nothing was put into a cart.</summary>
    /// <param name="m">The moment: it says what the shop's rate is.</param>
    /// <param name="counts">What was carted and bought; null counts as nothing, and then the rate is the shop's.</param>
    public static FeatureValue Of(CartMoment m, DecayedSum? counts)
    {
        if (m.Shop?.Decayed(m.At) is not { Carts: > 0 } shop)
        {
            return default;
        }

        double rate = Math.Clamp(shop.Purchases / shop.Carts, LowestRate, 1 - LowestRate);
        (double carts, double purchases) = (counts?.Carts ?? 0, counts?.Purchases ?? 0);
        return LogOdds((purchases + (Prior * rate)) / (Math.Max(carts, purchases) + Prior)) - LogOdds(rate);
    }

    /// <summary>Adds to the cart by view against the shop's own: the logarithm of the ratio; missing when the shop is not known or nothing was put into a cart.</summary>
    /// <param name="m">The moment: it says what the shop's rate is.</param>
    /// <param name="counts">What was viewed and carted; null counts as nothing, and then the rate is the shop's.</param>
    public static FeatureValue CartsPerView(CartMoment m, DecayedSum? counts)
    {
        if (m.Shop?.Decayed(m.At) is not { Carts: > 0, Views: > 0 } shop)
        {
            return default;
        }

        double rate = shop.Carts / shop.Views;
        (double views, double carts) = (counts?.Views ?? 0, counts?.Carts ?? 0);
        return Math.Log((carts + (Prior * rate)) / ((views + Prior) * rate));
    }

    private static double LogOdds(double rate) => Math.Log(rate / (1 - rate));
}
