namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>Invalid events on their way into the index: what is still to be sent, and how much goes into one request now.</summary>
/// <param name="invalidEvents">In their order.</param>
/// <param name="maxBytes">The maximum number of bytes of a request of more than one invalid event.</param>
internal sealed class PendingInvalidEvents(IEnumerable<IndexedInvalidEvent> invalidEvents, int maxBytes)
{
    private readonly Queue<IndexedInvalidEvent> _open = new(invalidEvents);
    private readonly Dictionary<long, string> _lost = [];
    private int _bytes = int.MaxValue;

    public bool Any => _open.Count > 0;

    /// <summary>The invalid events that the index will never take, with the reason.</summary>
    public IReadOnlyDictionary<long, string> Lost => _lost;

    /// <summary>What goes into the next request, in any order: the index has each document by its own id.</summary>
    public List<IndexedInvalidEvent> Take()
    {
        List<IndexedInvalidEvent> bulk = [_open.Dequeue()];
        int bytes = bulk[0].Lines.Length;
        while (
            _open.TryPeek(out IndexedInvalidEvent? next) && (bytes += next.Lines.Length) <= Math.Min(_bytes, maxBytes)
        )
        {
            bulk.Add(_open.Dequeue());
        }

        return bulk;
    }

    /// <returns>Why some have to be sent again; null when none has.</returns>
    public string? Sort(List<IndexedInvalidEvent> bulk, IReadOnlyList<BulkItem> items)
    {
        string? again = null;
        HashSet<string> takes = [.. bulk.Zip(items).Where(sent => sent.Second.Taken).Select(sent => sent.First.Index)];
        foreach ((IndexedInvalidEvent invalidEvent, BulkItem item) in bulk.Zip(items))
        {
            if (item.IsLost(takes.Contains(invalidEvent.Index)))
            {
                _lost[invalidEvent.Id] = $"{item.Status}: {item.Reason}";
            }
            else if (!item.Taken)
            {
                _open.Enqueue(invalidEvent);
                again ??= $"it answers {item.Status} for some events: {item.Reason}";
            }
        }

        if (again is null)
        {
            _bytes = (int)Math.Min(maxBytes, 2L * _bytes);
        }

        return again;
    }

    /// <summary>An invalid event that alone has too many bytes is given up.</summary>
    public void GiveUp(IndexedInvalidEvent invalidEvent) =>
        _lost[invalidEvent.Id] = $"413: {invalidEvent.Lines.Length} bytes are too many for the server";

    /// <summary>Splits the request: a server or a proxy may also cut the connection, or be slow, because of the size alone.</summary>
    public void Halve(List<IndexedInvalidEvent> bulk)
    {
        _bytes = Math.Max(1, bulk.Sum(invalidEvent => invalidEvent.Lines.Length) / 2);
        bulk.ForEach(_open.Enqueue);
    }
}
