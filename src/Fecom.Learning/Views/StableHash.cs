using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Fecom.Learning.Views;

/// <summary>A hash that is the same in every process and version: it lies in stored states.</summary>
public static class StableHash
{
    private const ulong Prime = 0x9e37_79b9_7f4a_7c15;

    /// <summary>Thirty-two bits of a text, evenly spread: four UTF-16 units at a time are mixed in, and the last steps of MurmurHash3 follow.</summary>
    public static uint Of(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(text);
        ulong hash = (ulong)text.Length * Prime;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        ulong rest = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            rest = (rest << 8) | bytes[i];
        }

        hash = Mix(hash, rest);
        hash = (hash ^ (hash >> 33)) * 0xff51_afd7_ed55_8ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ce_b9fe_1a85_ec53;
        return (uint)(hash >> 32);
    }

    private static ulong Mix(ulong hash, ulong next) => (BitOperations.RotateLeft(hash, 29) ^ next) * Prime;
}
