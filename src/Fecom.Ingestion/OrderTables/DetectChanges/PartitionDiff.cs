using System.Numerics;
using System.Runtime.InteropServices;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>How a row differs between two snapshots.</summary>
internal enum RowFate
{
    Created,
    Updated,
    Deleted,

    /// <summary>Its line cannot be parsed now: the row stays as it was.</summary>
    Held,
}

/// <summary>A row that differs between two snapshots.</summary>
/// <param name="Fate">How.</param>
/// <param name="Before">Its place in the old partition; none when created.</param>
/// <param name="After">Its place in the new partition; none when deleted or held.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RowDifference(RowFate Fate, RowPlace Before, RowPlace After);

/// <summary>Compares the old and the new rows of one partition, key by key and byte by byte. Reused for the next partition.</summary>
internal sealed class PartitionDiff(int keyColumns)
{
    private byte[] _oldBytes = [];
    private byte[] _newBytes = [];
    private Slot[] _slots = [];
    private int _mask;

    /// <summary>Slots in the order in which their keys came: first those of the new rows, then those of deleted rows.</summary>
    private readonly List<int> _keys = [];
    private readonly List<int> _gone = [];
    private readonly List<int> _oldPlaces = [];

    /// <summary>Bytes of the old partition.</summary>
    public ReadOnlyMemory<byte> Old => _oldBytes;

    /// <summary>Bytes of the new partition.</summary>
    public ReadOnlyMemory<byte> New => _newBytes;

    /// <summary>Rows of the new partition, one a key.</summary>
    public long Rows { get; private set; }

    /// <summary>Finds the differences: created and updated rows in the order of their lines, then deleted ones in the order of theirs.</summary>
    /// <param name="before">The last snapshot; null when there is none.</param>
    /// <param name="after">The new one.</param>
    /// <param name="partition">The partition of both.</param>
    /// <param name="duplicates">Collects rows whose key occurs more than once.</param>
    public IEnumerable<RowDifference> Compare(
        SnapshotFile? before,
        SnapshotFile after,
        int partition,
        Finding duplicates
    )
    {
        int oldLength = before?.Read(partition, ref _oldBytes) ?? 0;
        int newLength = after.Read(partition, ref _newBytes);
        Clear((before?.Rows(partition) ?? 0) + after.Rows(partition));
        AddNew(newLength, duplicates);
        AddOld(oldLength);
        return Differences();
    }

    private void Clear(int rows)
    {
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)(rows + (rows / 3) + 16));
        if (_slots.Length < slots)
        {
            _slots = new Slot[slots];
        }

        Array.Clear(_slots, 0, slots);
        _mask = slots - 1;
        _keys.Clear();
        _gone.Clear();
        _oldPlaces.Clear();
        Rows = 0;
    }

    private void AddNew(int length, Finding duplicates)
    {
        for (int at = 0; at < length; )
        {
            RowPlace row = RowPlace.Read(_newBytes, at);
            int place = Find(_newBytes, row);
            ref Slot slot = ref _slots[place];
            if (slot.New == 0)
            {
                _keys.Add(place);
                slot.New = at + 1;
            }
            else
            {
                Supersede(ref slot, row, at, duplicates);
            }

            at = row.Start + row.Length;
        }
    }

    /// <summary>Of several rows with one key the last counts; a line that cannot be parsed never replaces one that can.</summary>
    private void Supersede(ref Slot slot, in RowPlace row, int at, Finding duplicates)
    {
        RowPlace earlier = RowPlace.Read(_newBytes, slot.New - 1);
        if (row.Unreadable)
        {
            return;
        }

        if (!earlier.Unreadable)
        {
            long line = row.Line;
            duplicates.Add(() => $"line {earlier.Line}: its key comes again in line {line}, which counts");
        }

        slot.New = at + 1;
    }

    /// <summary>From the last row to the first, so that of several rows with one key the last one is found first.</summary>
    private void AddOld(int length)
    {
        for (int at = 0; at < length; )
        {
            RowPlace row = RowPlace.Read(_oldBytes, at);
            if (!row.Unreadable)
            {
                _oldPlaces.Add(at);
            }

            at = row.Start + row.Length;
        }

        for (int i = _oldPlaces.Count - 1; i >= 0; i--)
        {
            int place = Find(_oldBytes, RowPlace.Read(_oldBytes, _oldPlaces[i]));
            ref Slot slot = ref _slots[place];
            if (slot.Old == 0)
            {
                slot.Old = _oldPlaces[i] + 1;
                if (slot.New == 0)
                {
                    _gone.Add(place);
                }
            }
        }
    }

    private IEnumerable<RowDifference> Differences()
    {
        foreach (int place in _keys)
        {
            Slot slot = _slots[place];
            RowPlace after = RowPlace.Read(_newBytes, slot.New - 1);
            RowPlace before = slot.Old == 0 ? default : RowPlace.Read(_oldBytes, slot.Old - 1);
            Rows += after.Unreadable && slot.Old == 0 ? 0 : 1;
            if (after.Unreadable)
            {
                if (slot.Old != 0)
                {
                    yield return new RowDifference(RowFate.Held, before, default);
                }
            }
            else if (slot.Old == 0)
            {
                yield return new RowDifference(RowFate.Created, default, after);
            }
            else if (!Bytes(_oldBytes, before).SequenceEqual(Bytes(_newBytes, after)))
            {
                yield return new RowDifference(RowFate.Updated, before, after);
            }
        }

        for (int i = _gone.Count - 1; i >= 0; i--)
        {
            yield return new RowDifference(
                RowFate.Deleted,
                RowPlace.Read(_oldBytes, _slots[_gone[i]].Old - 1),
                default
            );
        }
    }

    /// <summary>The slot of the row's key: its own, or the free one where it belongs.</summary>
    private int Find(byte[] bytes, in RowPlace row)
    {
        ReadOnlySpan<byte> key = Key(bytes, row);
        ulong hash = KeyHash.Of(key);
        // The hash's first bits are the same throughout a partition.
        uint tag = (uint)(hash >> 24);
        for (int place = (int)hash & _mask; ; place = (place + 1) & _mask)
        {
            ref Slot slot = ref _slots[place];
            if (slot.New == 0 && slot.Old == 0)
            {
                slot.Tag = tag;
                return place;
            }

            if (slot.Tag == tag && KeyOf(slot).SequenceEqual(key))
            {
                return place;
            }
        }
    }

    private ReadOnlySpan<byte> KeyOf(in Slot slot) =>
        slot.New != 0
            ? Key(_newBytes, RowPlace.Read(_newBytes, slot.New - 1))
            : Key(_oldBytes, RowPlace.Read(_oldBytes, slot.Old - 1));

    private ReadOnlySpan<byte> Key(byte[] bytes, RowPlace row) =>
        bytes.AsSpan(row.Start, RowBytes.LengthOf(bytes.AsSpan(row.Start), keyColumns));

    private static ReadOnlySpan<byte> Bytes(byte[] bytes, RowPlace row) => bytes.AsSpan(row.Start, row.Length);

    /// <summary>A key's newest row in each partition, as its place plus one; 0 when there is none.</summary>
    private struct Slot
    {
        public uint Tag;
        public int New;
        public int Old;
    }
}
