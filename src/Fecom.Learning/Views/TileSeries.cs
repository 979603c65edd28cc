using System.Runtime.InteropServices;

namespace Fecom.Learning.Views;

/// <summary>How many events fell into each of the newest tiles of time.</summary>
/// <remarks>
/// A tile is an interval of event time counted from 1970-01-01 UTC, such as the hours. The newest event's tile and those
/// before it are kept, up to <paramref name="capacity"/>; what is older is dropped. As the newest tile only ever moves on,
/// a tile that is kept was never dropped before, so its sum is whole whatever the order of the events.
/// </remarks>
/// <param name="length">A tile's length.</param>
/// <param name="capacity">The most tiles.</param>
public sealed class TileSeries(TimeSpan length, int capacity)
{
    private readonly long _microseconds = length.Ticks / TimeSpan.TicksPerMicrosecond;
    private Tile[] _tiles = [];
    private int _count;

    /// <summary>When the newest tile begins, in microseconds since 1970-01-01 UTC.</summary>
    private long _newest;

    /// <summary>The tiles that have events, the newest last.</summary>
    public ReadOnlySpan<Tile> Tiles => _tiles.AsSpan(0, _count);

    /// <summary>The place of a moment's tile.</summary>
    /// <param name="time">Microseconds since 1970-01-01 UTC.</param>
    public long IndexOf(long time)
    {
        long index = time / _microseconds;
        return time < index * _microseconds ? index - 1 : index;
    }

    /// <summary>Takes an event in.</summary>
    /// <param name="time">When it happened, in microseconds since 1970-01-01 UTC.</param>
    /// <param name="counts">What it counts.</param>
    public void Add(long time, in EventCounts counts)
    {
        // Nearly every event is of the newest tile: that is found without a division.
        if (_count > 0 && (ulong)(time - _newest) < (ulong)_microseconds)
        {
            ref Tile newest = ref _tiles[_count - 1];
            newest = newest with { Counts = newest.Counts + counts };
            return;
        }

        long index = IndexOf(time);
        if (_count == 0 || index > _tiles[_count - 1].Index)
        {
            _newest = index * _microseconds;
            Drop(index - capacity);
            Insert(_count, new Tile(index, counts));
            return;
        }

        int place = _count - 1;
        while (place >= 0 && _tiles[place].Index > index)
        {
            place--;
        }

        if (place >= 0 && _tiles[place].Index == index)
        {
            _tiles[place] = new Tile(index, _tiles[place].Counts + counts);
        }
        else if (index > _tiles[_count - 1].Index - capacity)
        {
            Insert(place + 1, new Tile(index, counts));
        }
    }

    /// <summary>The events of the tile in which a moment lies, and of so many tiles before it.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="tiles">How many tiles before it, at most the capacity less one.</param>
    public EventCounts Sum(DateTime at, int tiles)
    {
        long oldest = IndexOf(EventOrder.ToMicroseconds(at)) - tiles;
        // Four sums of their own stay in registers, where one structure of them would go through memory at each tile.
        (long views, long carts, long removals, long purchases) = (0, 0, 0, 0);
        for (int i = _count - 1; i >= 0 && _tiles[i].Index >= oldest; i--)
        {
            EventCounts counts = _tiles[i].Counts;
            views += counts.Views;
            carts += counts.Carts;
            removals += counts.Removals;
            purchases += counts.Purchases;
        }

        return new EventCounts(views, carts, removals, purchases);
    }

    /// <summary>The hours that <see cref="Sum"/> speaks of.</summary>
    public double HoursOf(DateTime at, int tiles)
    {
        long now = EventOrder.ToMicroseconds(at);
        return (now - ((IndexOf(now) - tiles) * _microseconds)) / 3_600_000_000.0;
    }

    internal void Write(PackedWriter writer)
    {
        writer.Count(_count);
        long before = 0;
        for (int i = _count - 1; i >= 0; i--)
        {
            writer.Integer(before - _tiles[i].Index);
            _tiles[i].Counts.Write(writer);
            before = _tiles[i].Index;
        }
    }

    internal void Read(ref PackedReader reader)
    {
        _count = reader.Count(capacity);
        _tiles = new Tile[_count];
        long before = 0;
        for (int i = _count - 1; i >= 0; i--)
        {
            before -= reader.Integer();
            _tiles[i] = new Tile(before, EventCounts.Read(ref reader));
        }

        _newest = _count > 0 ? _tiles[_count - 1].Index * _microseconds : 0;
    }

    /// <summary>Drops the tiles up to one.</summary>
    private void Drop(long newest)
    {
        int old = 0;
        while (old < _count && _tiles[old].Index <= newest)
        {
            old++;
        }

        if (old > 0)
        {
            Array.Copy(_tiles, old, _tiles, 0, _count - old);
            _count -= old;
        }
    }

    private void Insert(int place, in Tile tile)
    {
        if (_count == _tiles.Length)
        {
            Array.Resize(ref _tiles, Math.Min(capacity, Math.Max(2, 2 * _count)));
        }

        Array.Copy(_tiles, place, _tiles, place + 1, _count++ - place);
        _tiles[place] = tile;
    }
}

/// <summary>The events of an interval of time.</summary>
/// <param name="Index">Its place, counted in tiles from 1970-01-01 UTC.</param>
/// <param name="Counts">The events in it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Tile(long Index, EventCounts Counts);
