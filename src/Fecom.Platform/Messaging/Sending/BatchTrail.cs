namespace Fecom.Platform.Messaging;

/// <summary>
/// The batches that this host has appended to a partition of an embedded cluster, to decide where to cut its log. The cluster finds an
/// offset by scanning all batches from the oldest on, which is slow with small ones: thousands fit into the log.
/// </summary>
internal sealed class BatchTrail
{
    /// <summary>Number of batches at which the log is cut, and that it keeps. At 300 events/s the scan of a hundred takes a sixth of the cluster's CPU.</summary>
    private const int Max = 32;
    private const int Kept = 16;

    /// <summary>Bytes, of the log's 5 MiB, within which cuts are made: the cluster must not be told to cut at an offset that it has dropped already.</summary>
    private const long MaxBytes = 3 * 1024 * 1024;

    /// <summary>Bytes of a message's headers and record fields, at most.</summary>
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
            // Another host has appended too, an unknown number of bytes.
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

    /// <summary>The offset below which the log is to be cut; null when a cut is not worth it.</summary>
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
    /// <param name="Bytes">Its size in the log, at most.</param>
    private readonly record struct Batch(long End, long Bytes);
}
