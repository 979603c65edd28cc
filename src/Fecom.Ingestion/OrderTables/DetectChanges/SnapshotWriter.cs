using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>
/// Writes a snapshot: one file, in which a row lies in one of 256 partitions by its key's hash. The partitions are written
/// side by side in blocks; an index of the blocks and a <see cref="SnapshotInfo"/> end the file.
/// </summary>
/// <remarks>
/// Two snapshots are compared partition by partition, by their bytes. A 256th of ten million rows is some 5 MB, so memory is
/// bounded without hashes that stand for rows: a table of 64-bit hashes would hold them all in 240 MB and could still take two
/// keys, or a row and its change, for the same.
/// </remarks>
internal sealed class SnapshotWriter : IDisposable
{
    public const int Partitions = 256;
    public const ulong Magic = 0x314E_534D_4F43_4546;

    private const int BlockBytes = 64 * 1024;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly byte[][] _blocks = new byte[Partitions][];
    private readonly int[] _used = new int[Partitions];
    private readonly int[] _rows = new int[Partitions];
    private readonly List<SnapshotBlock> _index = [];
    private readonly byte[] _prefix = new byte[RowPlace.MaxPrefixLength];
    private long _offset;

    /// <exception cref="SnapshotWriteException">The file cannot be written; so do all other methods say it.</exception>
    public SnapshotWriter(string path)
    {
        _path = path;
        _file = SnapshotWriteException.Guard(
            path,
            () => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0)
        );
    }

    public static int PartitionOf(ReadOnlySpan<byte> key) => (int)(KeyHash.Of(key) >> 56);

    /// <param name="partition">The partition of the row's key.</param>
    /// <param name="row">The row's bytes, or its key's.</param>
    /// <param name="line">Its line in the file.</param>
    /// <param name="unreadable">Only the key is known.</param>
    public void Append(int partition, ReadOnlySpan<byte> row, long line, bool unreadable)
    {
        int prefix = RowPlace.WritePrefix(_prefix, row.Length, line, unreadable);
        Append(partition, _prefix.AsSpan(0, prefix));
        Append(partition, row);
        _rows[partition]++;
    }

    /// <summary>Appends rows of one partition as another snapshot holds them.</summary>
    public void Append(int partition, ReadOnlySpan<byte> bytes, int rows)
    {
        Append(partition, bytes);
        _rows[partition] += rows;
    }

    /// <summary>Ends the file and waits until the disk has it.</summary>
    public void Seal(SnapshotInfo info) => SnapshotWriteException.Guard(_path, () => WriteEnd(info));

    public void Dispose() => _file.Dispose();

    private void WriteEnd(SnapshotInfo info)
    {
        for (int partition = 0; partition < Partitions; partition++)
        {
            Flush(partition);
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(info);
        Span<byte> end = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(end, _index.Count);
        BinaryPrimitives.WriteInt64LittleEndian(end[8..], json.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(end[16..], Magic);
        _file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_index)));
        _file.Write(MemoryMarshal.AsBytes<int>(_rows));
        _file.Write(json);
        _file.Write(end);
        _file.Flush(flushToDisk: true);
    }

    private void Append(int partition, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            byte[] block = _blocks[partition] ??= new byte[BlockBytes];
            int count = Math.Min(bytes.Length, BlockBytes - _used[partition]);
            bytes[..count].CopyTo(block.AsSpan(_used[partition]));
            _used[partition] += count;
            bytes = bytes[count..];
            if (_used[partition] == BlockBytes)
            {
                Flush(partition);
            }
        }
    }

    private void Flush(int partition)
    {
        int length = _used[partition];
        if (length > 0)
        {
            SnapshotWriteException.Guard(_path, () => _file.Write(_blocks[partition], 0, length));
            _index.Add(new SnapshotBlock(_offset, partition, length));
            _offset += length;
            _used[partition] = 0;
        }
    }
}

/// <summary>A piece of a partition in the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct SnapshotBlock(long Offset, int Partition, int Length);
