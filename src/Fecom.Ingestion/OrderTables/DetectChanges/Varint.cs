namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Numbers in as few bytes as they need: seven bits a byte, the low ones first.</summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> to, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            to[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        to[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads the number at <paramref name="at"/> and moves behind it.</summary>
    public static ulong Read(ReadOnlySpan<byte> from, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = from[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}
