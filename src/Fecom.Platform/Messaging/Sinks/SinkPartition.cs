namespace Fecom.Platform.Messaging;

/// <summary>A partition's row of the ledger, and its sources.</summary>
/// <param name="number">The partition.</param>
/// <param name="cluster">The log that the offset belongs to.</param>
/// <param name="nextOffset">Offset of the next message to take.</param>
/// <param name="version">Goes up by one with each transaction.</param>
/// <param name="sources">Highest position taken of each source.</param>
/// <param name="readBefore">Messages below this offset have been read before: somebody has moved the sink back since.</param>
internal sealed class SinkPartition(
    int number,
    string cluster,
    long nextOffset,
    long version,
    Dictionary<string, long> sources,
    long readBefore
)
{
    private readonly Dictionary<string, long> _taken = new(StringComparer.Ordinal);

    public int Number => number;

    public string Cluster => cluster;

    public long NextOffset { get; private set; } = nextOffset;

    public long Version => version;

    /// <summary>Sources whose position this change moves.</summary>
    public IReadOnlyDictionary<string, long> Moved => _taken;

    /// <summary>A copy of the row for the next transaction, to be updated by <see cref="Take"/>.</summary>
    public SinkPartition Next(string log)
    {
        Dictionary<string, long> merged = new(sources, StringComparer.Ordinal);
        foreach ((string source, long position) in _taken)
        {
            merged[source] = position;
        }

        return new SinkPartition(number, log, OffsetIn(log), version + 1, merged, log == cluster ? readBefore : 0);
    }

    /// <summary>The next offset in a log: 0 in another log than the row's.</summary>
    public long OffsetIn(string log) => log == cluster ? NextOffset : 0;

    /// <summary>Takes a message in.</summary>
    public SinkTake Take(long offset, in MessageOrigin origin)
    {
        if (offset < NextOffset)
        {
            return SinkTake.Duplicate;
        }

        NextOffset = offset + 1;
        if (Position(origin.Source) >= origin.Position)
        {
            return offset < readBefore ? SinkTake.Reread : SinkTake.Duplicate;
        }

        _taken[origin.Source] = origin.Position;
        return SinkTake.New;
    }

    /// <summary>Highest position taken. For a lane that has none yet, that of its whole source, as earlier versions stored it.</summary>
    private long Position(string source) =>
        _taken.TryGetValue(source, out long position)
        || sources.TryGetValue(source, out position)
        || (SourceLane.SourceOf(source) is { } whole && sources.TryGetValue(whole, out position))
            ? position
            : long.MinValue;
}

/// <summary>What a message is to a sink.</summary>
internal enum SinkTake
{
    /// <summary>Taken before.</summary>
    Duplicate,

    /// <summary>Not taken yet.</summary>
    New,

    /// <summary>Taken before, and read again because the sink was moved back: its rows may have been removed.</summary>
    Reread,
}
