using System.Buffers.Binary;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>A hash of a row's key that is the same in every process: it says in which partition of a snapshot the row lies.</summary>
/// <remarks>It never decides equality: rows are compared by their bytes.</remarks>
internal static class KeyHash
{
    private const ulong Odd = 0x9E37_79B9_7F4A_7C15;

    public static ulong Of(ReadOnlySpan<byte> key)
    {
        ulong hash = (ulong)key.Length * Odd;
        while (key.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key));
            key = key[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (byte b in key)
        {
            rest = (rest << 8) | b;
        }

        return Mix(hash ^ rest);
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value ^ Odd, 0xD6E8_FEB8_6659_FD93, out ulong low);
        return high ^ low;
    }
}
