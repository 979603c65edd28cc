namespace Fecom.Learning.Views;

/// <summary>Prices as whole ten-thousandths of the shop's currency, so that sums are exact in any order.</summary>
public static class Money
{
    private const int Scale = 4;
    private const decimal MaxPrice = 1e20m;
    private static readonly ulong[] Powers = [1, 10, 100, 1_000, 10_000];

    /// <summary>A price in ten-thousandths, rounded to the nearest; at most that of 10^20.</summary>
    public static UInt128 UnitsOf(decimal price)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(price, bits);
        int scale = (bits[3] >> 16) & 0xff;
        // Nearly every price has 32 bits and at most four places after the point.
        if (bits[3] >= 0 && bits[2] == 0 && bits[1] == 0 && scale <= Scale)
        {
            return (ulong)(uint)bits[0] * Powers[Scale - scale];
        }

        return price <= 0 ? 0 : (UInt128)decimal.Round(Math.Min(price, MaxPrice) * Powers[Scale]);
    }

    /// <summary>Ten-thousandths as an amount.</summary>
    public static decimal AmountOf(UInt128 units) =>
        units <= ulong.MaxValue ? (ulong)units / (decimal)Powers[Scale]
        : units >> 96 == 0
            ? new decimal((int)(uint)units, (int)(uint)(units >> 32), (int)(uint)(units >> 64), false, Scale)
        : decimal.MaxValue;
}
