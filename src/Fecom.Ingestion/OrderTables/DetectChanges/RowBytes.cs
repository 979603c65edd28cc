using System.Runtime.InteropServices;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>
/// A row as a snapshot holds it: each column in the table's own order, however its file had them, as its length plus one and
/// its bytes; 0 for an empty one. Two rows are equal when their bytes are. The key's columns lead.
/// </summary>
internal static class RowBytes
{
    /// <summary>Bytes of the first <paramref name="columns"/> columns: of the key, or of a whole row.</summary>
    public static int LengthOf(ReadOnlySpan<byte> row, int columns)
    {
        int at = 0;
        for (int column = 0; column < columns; column++)
        {
            ReadColumn(row, ref at);
        }

        return at;
    }

    /// <summary>The column at <paramref name="at"/>, empty for an empty one; moves behind it.</summary>
    public static ReadOnlySpan<byte> ReadColumn(ReadOnlySpan<byte> row, ref int at)
    {
        int length = (int)Varint.Read(row, ref at) - 1;
        if (length < 0)
        {
            return default;
        }

        at += length;
        return row.Slice(at - length, length);
    }
}

/// <summary>A row's place among the bytes of its partition. In front of a row stand its length, its line and whether it could be read.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Line">Its line in the file.</param>
/// <param name="Unreadable">The line could not be read; the bytes are those of its key alone.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RowPlace(int Start, int Length, long Line, bool Unreadable)
{
    /// <summary>The maximum number of bytes in front of a row.</summary>
    public const int MaxPrefixLength = 2 * Varint.MaxBytes;

    public static int WritePrefix(Span<byte> to, int length, long line, bool unreadable)
    {
        int written = Varint.Write(to, ((ulong)length << 1) | (unreadable ? 1UL : 0));
        return written + Varint.Write(to[written..], (ulong)line);
    }

    /// <summary>The row whose prefix stands at <paramref name="at"/>.</summary>
    public static RowPlace Read(ReadOnlySpan<byte> partition, int at)
    {
        ulong length = Varint.Read(partition, ref at);
        ulong line = Varint.Read(partition, ref at);
        return new RowPlace(at, (int)(length >> 1), (long)line, (length & 1) == 1);
    }
}
