using System.Buffers.Binary;

namespace Fecom.Learning.Purchase;

/// <summary>
/// The table of a value map as ML.NET saves it, with its blocks in one order. ML.NET writes them in the order in which its threads
/// end, so the same map would differ in bytes from one training to the next.
/// </summary>
/// <remarks>
/// ML.NET's binary format: a header of 256 bytes with the offset of the table of contents at 24, the blocks, for each block by
/// column its offset (8 bytes), its length and its length before compression (4 bytes each), the table of contents.
/// </remarks>
internal static class ValueMapBlocks
{
    private const int HeaderLength = 256;
    private const int ContentsOffset = 24;
    private const int EntryLength = 16;

    /// <summary>The same map with its blocks by column, each column's from the first to the last.</summary>
    /// <exception cref="InvalidDataException">ML.NET has written something else.</exception>
    public static byte[] InOrder(byte[] file)
    {
        int end = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(ContentsOffset));
        int start = EntriesStart(file, end);
        byte[] result = [.. file];
        int next = HeaderLength;
        for (int entry = start; entry < end; entry += EntryLength)
        {
            (int offset, int length) = Block(file, entry);
            file.AsSpan(offset, length).CopyTo(result.AsSpan(next));
            BinaryPrimitives.WriteInt64LittleEndian(result.AsSpan(entry), next);
            next += length;
        }

        return result;
    }

    /// <summary>The entries fill what the blocks leave free before the table of contents.</summary>
    private static int EntriesStart(ReadOnlySpan<byte> file, int end)
    {
        long blocks = 0;
        for (int entry = end - EntryLength; entry >= HeaderLength; entry -= EntryLength)
        {
            blocks += Block(file, entry).Length;
            if (HeaderLength + blocks == entry)
            {
                return entry;
            }
        }

        throw new InvalidDataException("ML.NET has not written a value map's blocks where they are expected.");
    }

    private static (int Offset, int Length) Block(ReadOnlySpan<byte> file, int entry) =>
        (
            (int)BinaryPrimitives.ReadInt64LittleEndian(file[entry..]),
            BinaryPrimitives.ReadInt32LittleEndian(file[(entry + sizeof(long))..])
        );
}
