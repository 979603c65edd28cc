namespace Fecom.Validation.IndexLetters;

/// <summary>Letters on their way into the index: what is still to be sent, and how much goes into one request now.</summary>
/// <param name="letters">In their order.</param>
/// <param name="mostBytes">Most bytes of a request of more than one letter.</param>
internal sealed class LettersAtHand(IEnumerable<IndexedLetter> letters, int mostBytes)
{
    private readonly Queue<IndexedLetter> _open = new(letters);
    private readonly Dictionary<long, string> _lost = [];
    private int _bytes = int.MaxValue;

    public bool Any => _open.Count > 0;

    /// <summary>What the index will never take, with the reason.</summary>
    public IReadOnlyDictionary<long, string> Lost => _lost;

    /// <summary>What goes into the next request, in any order: the index has each document by its own id.</summary>
    public List<IndexedLetter> Take()
    {
        List<IndexedLetter> bulk = [_open.Dequeue()];
        int bytes = bulk[0].Lines.Length;
        while (_open.TryPeek(out IndexedLetter? next) && (bytes += next.Lines.Length) <= Math.Min(_bytes, mostBytes))
        {
            bulk.Add(_open.Dequeue());
        }

        return bulk;
    }

    /// <returns>Why some have to be sent again; null when none has.</returns>
    public string? Sort(List<IndexedLetter> bulk, IReadOnlyList<BulkItem> items)
    {
        string? again = null;
        HashSet<string> takes = [.. bulk.Zip(items).Where(sent => sent.Second.Taken).Select(sent => sent.First.Index)];
        foreach ((IndexedLetter letter, BulkItem item) in bulk.Zip(items))
        {
            if (item.IsLost(takes.Contains(letter.Index)))
            {
                _lost[letter.Id] = $"{item.Status}: {item.Reason}";
            }
            else if (!item.Taken)
            {
                _open.Enqueue(letter);
                again ??= $"it answers {item.Status} for some events: {item.Reason}";
            }
        }

        if (again is null)
        {
            _bytes = (int)Math.Min(mostBytes, 2L * _bytes);
        }

        return again;
    }

    /// <summary>A letter that alone has too many bytes is given up.</summary>
    public void GiveUp(IndexedLetter letter) => _lost[letter.Id] = $"413: {letter.Lines.Length} bytes are too many for the server";

    /// <summary>To be sent in halves: a server or what stands before it may also cut the connection, or be slow, for the size alone.</summary>
    public void Halve(List<IndexedLetter> bulk)
    {
        _bytes = Math.Max(1, bulk.Sum(letter => letter.Lines.Length) / 2);
        bulk.ForEach(_open.Enqueue);
    }
}
