namespace Fecom.Platform.Messaging;

/// <summary>A partition's row of the ledger, and its sources.</summary>
internal sealed class SinkPartition(int number, string cluster, long nextOffset, long version, Dictionary<string, long> sources)
{
    private readonly Dictionary<string, long> _taken = new(StringComparer.Ordinal);

    public int Number => number;

    public string Cluster => cluster;

    public long NextOffset { get; private set; } = nextOffset;

    public long Version => version;

    /// <summary>Sources whose position this change moves.</summary>
    public IReadOnlyDictionary<string, long> Moved => _taken;

    /// <summary>The row as the next transaction will leave it, to be filled by <see cref="Take"/>.</summary>
    public SinkPartition Next(string log)
    {
        Dictionary<string, long> merged = new(sources, StringComparer.Ordinal);
        foreach ((string source, long position) in _taken)
        {
            merged[source] = position;
        }

        return new SinkPartition(number, log, OffsetIn(log), version + 1, merged);
    }

    /// <summary>The next offset in a log: 0 in one that this row does not speak of.</summary>
    public long OffsetIn(string log) => log == cluster ? NextOffset : 0;

    /// <summary>Takes a message in; false when it has been taken before.</summary>
    public bool Take(long offset, in MessageOrigin origin)
    {
        if (offset < NextOffset)
        {
            return false;
        }

        NextOffset = offset + 1;
        if (Position(origin.Source) >= origin.Position)
        {
            return false;
        }

        _taken[origin.Source] = origin.Position;
        return true;
    }

    private long Position(string source) =>
        _taken.TryGetValue(source, out long position) || sources.TryGetValue(source, out position) ? position : long.MinValue;
}
