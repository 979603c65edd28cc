using System.Globalization;

namespace Fecom.Learning.Views;

/// <summary>Numbers with few places after the point as text, the same text that .NET makes of them, in a fraction of its time.</summary>
internal static class NumberText
{
    /// <summary>Fifteen digits name a double and no other: a shorter text that names it too is of the same number.</summary>
    private const double MaxUnits = 1e15;

    private const int Places = 6;
    private const double Scale = 1_000_000;

    /// <summary>Below it .NET writes an exponent.</summary>
    private const double MinFraction = 100;

    /// <summary>A double that is a number of millionths.</summary>
    /// <returns>False when it is not, or when there is no room for it.</returns>
    public static bool TryFormat(double number, Span<byte> utf8, out int written)
    {
        double units = Math.Round(Math.Abs(number) * Scale);
        bool isZero = units == 0 && BitConverter.DoubleToInt64Bits(number) == 0;
        if (!(units < MaxUnits) || units / Scale != Math.Abs(number) || (units < MinFraction && !isZero))
        {
            written = 0;
            return false;
        }

        return TryFormat(number < 0, (ulong)units, Places, utf8, out written);
    }

    /// <summary>A decimal of up to 64 bits, without the zeros at its end.</summary>
    /// <returns>False when it has more bits, or when there is no room for it.</returns>
    public static bool TryFormat(decimal number, Span<byte> utf8, out int written)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        written = 0;
        ulong units = ((ulong)(uint)bits[1] << 32) | (uint)bits[0];
        return bits[2] == 0
            && (units > 0 || bits[3] >= 0)
            && TryFormat(bits[3] < 0, units, (bits[3] >> 16) & 0xff, utf8, out written);
    }

    private static bool TryFormat(bool isNegative, ulong units, int places, Span<byte> utf8, out int written)
    {
        written = 0;
        while (places > 0 && Math.DivRem(units, 10) is (ulong tenth, 0))
        {
            (units, places) = (tenth, places - 1);
        }

        Span<byte> digits = stackalloc byte[20];
        units.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture);
        int whole = Math.Max(1, count - places);
        int length = (isNegative ? 1 : 0) + whole + (places > 0 ? 1 + places : 0);
        if (utf8.Length < length)
        {
            return false;
        }

        written = length;
        if (isNegative)
        {
            utf8[0] = (byte)'-';
            utf8 = utf8[1..];
        }

        int leading = Math.Max(0, count - places);
        utf8[0] = (byte)'0';
        digits[..leading].CopyTo(utf8);
        if (places > 0)
        {
            utf8[whole] = (byte)'.';
            Span<byte> fraction = utf8.Slice(whole + 1, places);
            int zeros = places - (count - leading);
            fraction[..zeros].Fill((byte)'0');
            digits[leading..count].CopyTo(fraction[zeros..]);
        }

        return true;
    }
}
