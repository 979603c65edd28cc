namespace Fecom.Features.StreamFeatures;

/// <summary>
/// The packed states of a tick, one after the other in a few large arrays that serve tick after tick: with an array for each they
/// were a tenth of all that the stream allocates.
/// </summary>
internal sealed class PackedStates
{
    private const int BlockSize = 256 * 1024;

    /// <summary>Blocks that are kept for the next tick; what a larger one takes beyond is the collector's.</summary>
    private const int KeptBlocks = 64;

    private readonly Lock _gate = new();
    private readonly List<byte[]> _blocks = [];
    private int _full;
    private int _used;
    private bool _isReleased;

    /// <summary>The number of the tick whose states are here, for <see cref="Release"/>.</summary>
    public long Tick { get; private set; }

    /// <summary>Begins a tick. While the one before is not released somebody may still read it, such as a write to Redis that was given up: then this one gets blocks of its own.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            int kept = _isReleased ? Math.Min(KeptBlocks, _blocks.Count) : 0;
            _blocks.RemoveRange(kept, _blocks.Count - kept);
            (_full, _used, _isReleased) = (0, 0, false);
            Tick++;
        }
    }

    /// <summary>Nobody reads a tick's states any more. When another tick has begun since, its blocks are its own: there is nothing to release.</summary>
    public void Release(long tick)
    {
        lock (_gate)
        {
            _isReleased |= tick == Tick;
        }
    }

    /// <summary>Keeps a state.</summary>
    public ReadOnlyMemory<byte> Add(ReadOnlySpan<byte> packed)
    {
        if (packed.Length > BlockSize)
        {
            return packed.ToArray();
        }

        if (packed.Length > BlockSize - _used)
        {
            (_full, _used) = (_full + 1, 0);
        }

        if (_full == _blocks.Count)
        {
            _blocks.Add(GC.AllocateUninitializedArray<byte>(BlockSize));
        }

        Memory<byte> place = _blocks[_full].AsMemory(_used, packed.Length);
        packed.CopyTo(place.Span);
        _used += packed.Length;
        return place;
    }
}
