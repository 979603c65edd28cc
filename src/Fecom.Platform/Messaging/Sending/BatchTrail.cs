namespace Fecom.Platform.Messaging;

/// <summary>
/// The batches that this host has appended to a partition of an embedded cluster, and where to cut its log. The cluster finds an
/// offset by walking over all batches from the oldest on, and small ones make a long way: thousands fit into the log.
/// </summary>
internal sealed class BatchTrail
{
    /// <summary>With so many batches the log is cut, and keeps so many.</summary>
    private const int Max = 128;
    private const int Kept = 64;

    /// <summary>Of the log's 5 MiB. What may have left it already must not be cut: the cluster would take the cut for its log's beginning.</summary>
    private const long MaxBytes = 3 * 1024 * 1024;

    /// <summary>Headers and the record's own, at most.</summary>
    private const int MessageOverhead = 512;

    private readonly Queue<Batch> _batches = new();
    private long _bytes;
    private long _next = -1;

    /// <summary>A batch has been appended.</summary>
    /// <param name="first">Its first offset.</param>
    /// <param name="messages">Its messages.</param>
    /// <param name="bytes">Their keys and values.</param>
    public void Add(long first, int messages, long bytes)
    {
        if (first != _next)
        {
            // Somebody else has appended too: how much is not known.
            _batches.Clear();
            _bytes = 0;
        }

        _next = first + messages;
        bytes += (long)MessageOverhead * messages;
        _batches.Enqueue(new Batch(_next, bytes));
        _bytes += bytes;
        while (_bytes > MaxBytes)
        {
            _bytes -= _batches.Dequeue().Bytes;
        }
    }

    /// <summary>The offset before which the log can go, when that is worth it; null when not.</summary>
    /// <param name="taken">Offsets below it have been taken by every reader.</param>
    public long? Cut(long taken)
    {
        if (_batches.Count < Max)
        {
            return null;
        }

        long? cut = null;
        while (_batches.Count > Kept && _batches.Peek().End <= taken)
        {
            Batch oldest = _batches.Dequeue();
            _bytes -= oldest.Bytes;
            cut = oldest.End;
        }

        return cut;
    }

    /// <param name="End">The offset after its last one.</param>
    /// <param name="Bytes">What it takes in the log, at most.</param>
    private readonly record struct Batch(long End, long Bytes);
}
