using System.Buffers.Binary;

namespace Fecom.Platform.Storage;

/// <summary>Values as PostgreSQL's binary COPY has them (its manual, COPY, "Binary Format"), for whoever reads more rows than a reader's object for each value allows.</summary>
public static class BinaryField
{
    /// <summary>The signature with which the rows begin; flags and the length of an extension follow, four bytes each.</summary>
    public const int SignatureSize = 11;

    /// <summary>Digits of base 10,000 that fit into 64 bits, with four decimal places more.</summary>
    private const int SmallDigits = 3;

    private const short Negative = 0x4000;

    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A <c>uuid</c>.</summary>
    public static Guid Guid(ReadOnlySpan<byte> field) => new(field, bigEndian: true);

    /// <summary>A <c>bigint</c>.</summary>
    public static long Long(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadInt64BigEndian(field);

    /// <summary>A <c>timestamptz</c>, UTC.</summary>
    public static DateTime Time(ReadOnlySpan<byte> field) => Epoch.AddTicks(Long(field) * TimeSpan.TicksPerMicrosecond);

    /// <summary>A <c>numeric</c> of up to 28 digits, with its scale.</summary>
    public static decimal Numeric(ReadOnlySpan<byte> field)
    {
        int digits = Short(field, 0);
        int weight = Short(field, 1);
        bool isNegative = Short(field, 2) == Negative;
        int scale = Short(field, 3);
        if (digits is > 0 and <= SmallDigits && TrySmall(field, digits, weight, scale, out ulong units))
        {
            return new decimal((int)units, (int)(units >> 32), 0, isNegative, (byte)scale);
        }

        decimal whole = 0;
        for (int i = 0; i < digits; i++)
        {
            whole = (whole * 10_000) + Short(field, 4 + i);
        }

        // The digits are of base 10,000; the value has `scale` decimal places.
        for (int places = 4 * (digits - 1 - weight); places != scale && digits > 0; places += places < scale ? 1 : -1)
        {
            whole = places < scale ? whole * 10 : whole / 10;
        }

        Span<int> bits = stackalloc int[4];
        _ = decimal.GetBits(decimal.Truncate(whole), bits);
        return new decimal(bits[0], bits[1], bits[2], isNegative, (byte)scale);
    }

    /// <summary>The number in units of its last place, when its digits and they fit into 64 bits, as those of nearly every price do.</summary>
    private static bool TrySmall(ReadOnlySpan<byte> field, int digits, int weight, int scale, out ulong units)
    {
        units = 0;
        int places = 4 * (digits - 1 - weight);
        if (scale - places is < -4 or > 4)
        {
            return false;
        }

        for (int i = 0; i < digits; i++)
        {
            units = (units * 10_000) + (ulong)Short(field, 4 + i);
        }

        for (; places < scale; places++)
        {
            units *= 10;
        }

        for (; places > scale; places--)
        {
            units /= 10;
        }

        return true;
    }

    private static short Short(ReadOnlySpan<byte> field, int place) =>
        BinaryPrimitives.ReadInt16BigEndian(field[(place * sizeof(short))..]);
}
