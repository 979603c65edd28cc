using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Reads what <see cref="SnapshotWriter"/> wrote.</summary>
internal sealed class SnapshotFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly ILookup<int, SnapshotBlock> _blocks;
    private readonly int[] _rows = new int[SnapshotWriter.Partitions];

    private SnapshotFile(SafeFileHandle file)
    {
        _file = file;
        Span<byte> end = stackalloc byte[24];
        long length = RandomAccess.GetLength(file);
        ReadExactly(end, length - end.Length);
        if (BinaryPrimitives.ReadUInt64LittleEndian(end[16..]) != SnapshotWriter.Magic)
        {
            throw new InvalidDataException("it does not end as a snapshot does");
        }

        SnapshotBlock[] index = new SnapshotBlock[BinaryPrimitives.ReadInt64LittleEndian(end)];
        byte[] json = new byte[BinaryPrimitives.ReadInt64LittleEndian(end[8..])];
        ReadExactly(json, length - end.Length - json.Length);
        long rowsAt = length - end.Length - json.Length - (SnapshotWriter.Partitions * sizeof(int));
        ReadExactly(MemoryMarshal.AsBytes(_rows.AsSpan()), rowsAt);
        ReadExactly(
            MemoryMarshal.AsBytes(index.AsSpan()),
            rowsAt - ((long)index.Length * Marshal.SizeOf<SnapshotBlock>())
        );
        _blocks = index.ToLookup(block => block.Partition);
        Info =
            JsonSerializer.Deserialize<SnapshotInfo>(json)
            ?? throw new InvalidDataException("it does not say what it is");
        if (Info.Format != SnapshotInfo.CurrentFormat)
        {
            throw new InvalidDataException(
                $"its format is {Info.Format}, this version reads {SnapshotInfo.CurrentFormat}"
            );
        }
    }

    public SnapshotInfo Info { get; }

    /// <exception cref="InvalidDataException">It is not a whole snapshot; the message says how it can be started over.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SnapshotFile Open(string path)
    {
        SafeFileHandle file = File.OpenHandle(path);
        try
        {
            return new SnapshotFile(file);
        }
        catch (Exception e)
            when (e
                    is InvalidDataException
                        or JsonException
                        or ArgumentOutOfRangeException
                        or OverflowException
                        or EndOfStreamException
            )
        {
            file.Dispose();
            throw new InvalidDataException(
                $"The snapshot {path} is damaged. Delete it to start over: every row is then sent as a new one.",
                e
            );
        }
    }

    /// <summary>Rows of a partition, unreadable ones included.</summary>
    public int Rows(int partition) => _rows[partition];

    /// <summary>Reads a partition into <paramref name="buffer"/>, which grows as it must.</summary>
    /// <returns>Its bytes.</returns>
    public int Read(int partition, ref byte[] buffer)
    {
        int length = _blocks[partition].Sum(block => block.Length);
        if (buffer.Length < length)
        {
            buffer = new byte[length + (length / 4)];
        }

        int at = 0;
        foreach (SnapshotBlock block in _blocks[partition])
        {
            ReadExactly(buffer.AsSpan(at, block.Length), block.Offset);
            at += block.Length;
        }

        return length;
    }

    public void Dispose() => _file.Dispose();

    private void ReadExactly(Span<byte> to, long offset)
    {
        while (!to.IsEmpty)
        {
            int read = RandomAccess.Read(_file, to, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("it ends early");
            }

            to = to[read..];
            offset += read;
        }
    }
}
