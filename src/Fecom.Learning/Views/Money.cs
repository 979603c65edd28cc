namespace Fecom.Learning.Views;

/// <summary>Prices as whole ten-thousandths of the shop's currency, so that sums are exact in any order.</summary>
public static class Money
{
    private const int Scale = 4;
    private const decimal MaxPrice = 1e20m;

    /// <summary>A price in ten-thousandths, rounded to the nearest; at most that of 10^20.</summary>
    public static UInt128 UnitsOf(decimal price) =>
        price <= 0 ? 0
        : price >= 1e14m ? (UInt128)(decimal.Round(Math.Min(price, MaxPrice) * 10_000m))
        : (ulong)decimal.Round(price * 10_000m);

    /// <summary>Ten-thousandths as an amount.</summary>
    public static decimal AmountOf(UInt128 units) =>
        units <= ulong.MaxValue ? (ulong)units / 10_000m
        : units >> 96 == 0
            ? new decimal((int)(uint)units, (int)(uint)(units >> 32), (int)(uint)(units >> 64), false, Scale)
        : decimal.MaxValue;
}
