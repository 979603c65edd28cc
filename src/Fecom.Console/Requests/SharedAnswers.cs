using System.Collections.Concurrent;

namespace Fecom.WebConsole.Requests;

/// <summary>
/// Answers that the open pages share: many pages that show the same cost one call. An answer that says what the one before
/// said is the same object, by which a page knows that it has nothing to draw.
/// </summary>
internal sealed class SharedAnswers(TimeProvider time)
{
    private const int Max = 500;

    /// <summary>For what moves all the time: pages that read at the same moment share it.</summary>
    public static readonly TimeSpan Moving = TimeSpan.FromSeconds(1);

    /// <summary>For what only jobs and people change: not read again with each of a page's readings, but every 15 seconds, and after a change that was made here.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(14);

    /// <summary>How long a reading waits at most for others to end.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<(string Person, string Address), Entry> _entries = new();
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>An answer that is younger than a time, or a new one.</summary>
    /// <param name="key">All that is known of the person, since what they may see goes by it, and what is asked.</param>
    /// <param name="age">The time.</param>
    /// <param name="fetch">Asks.</param>
    /// <param name="read">Reads the answer.</param>
    public async Task<T> GetAsync<T>(
        (string Person, string Address) key,
        TimeSpan age,
        Func<Task<string>> fetch,
        Func<string, T> read
    )
        where T : class
    {
        if (_entries.Count > Max)
        {
            Forget();
        }

        Entry entry = _entries.GetOrAdd(key, _ => new Entry());
        await entry.Gate.WaitAsync();
        try
        {
            if (entry.Value is T known && time.GetElapsedTime(entry.At) < age)
            {
                return known;
            }

            string body = entry.Value is null ? await fetch() : await InTurnAsync(fetch);
            T value = entry.Value is T same && entry.Body == body ? same : read(body);
            (entry.Value, entry.Body, entry.At) = (value, body, time.GetTimestamp());
            return value;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>
    /// Reads again what is shown already, one after the other: the pages read at the same moment, and all at once they would take the
    /// processor from the answers to visitors.
    /// </summary>
    private async Task<string> InTurnAsync(Func<Task<string>> fetch)
    {
        bool isAlone = await _turn.WaitAsync(MaxWait);
        try
        {
            return await fetch();
        }
        finally
        {
            if (isAlone)
            {
                _turn.Release();
            }
        }
    }

    /// <summary>Something was changed: what was read before may be wrong.</summary>
    public void Forget() => _entries.Clear();

    private sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1);

        public object? Value { get; set; }

        public string? Body { get; set; }

        public long At { get; set; }
    }
}
