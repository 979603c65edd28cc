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
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(11);

    /// <summary>From one repeated reading to the next, while few wait.</summary>
    internal static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(150);

    /// <summary>
    /// Longer than a repeated reading waits for its turn. A page's third tick of five seconds comes no less than 15 seconds less this
    /// after its reading, which <see cref="Settled"/> is shorter than.
    /// </summary>
    internal static readonly TimeSpan Spread = TimeSpan.FromSeconds(3);

    /// <summary>How long a reading whose turn has come waits at most for others to end.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<(string Person, string Address), Entry> _entries = new();
    private readonly Turns _turns = new(time, Gap, Spread);
    private readonly SemaphoreSlim _running = new(1);

    /// <summary>An answer that is younger than a time, or a new one.</summary>
    /// <param name="key">All that is known of the person, since what they may see goes by it, and what is asked.</param>
    /// <param name="age">The time.</param>
    /// <param name="repeated">Whether a page reads again by itself, so that it takes its turn; where a person waits for it, it is read at once.</param>
    /// <param name="fetch">Asks.</param>
    /// <param name="read">Reads the answer.</param>
    public async Task<T> GetAsync<T>(
        (string Person, string Address) key,
        TimeSpan age,
        bool repeated,
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
        if (repeated && time.GetElapsedTime(entry.At) >= age)
        {
            await entry.TurnAsync(_turns);
        }

        await entry.Gate.WaitAsync();
        try
        {
            if (entry.Value is T known && time.GetElapsedTime(entry.At) < age)
            {
                return known;
            }

            string body = repeated ? await AloneAsync(fetch) : await fetch();
            T value = entry.Value is T same && entry.Body == body ? same : read(body);
            (entry.Value, entry.Body, entry.At) = (value, body, time.GetTimestamp());
            return value;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Where answers take longer than from one turn to the next, one is asked for after the other all the same.</summary>
    private async Task<string> AloneAsync(Func<Task<string>> fetch)
    {
        bool isAlone = await _running.WaitAsync(MaxWait);
        try
        {
            return await fetch();
        }
        finally
        {
            if (isAlone)
            {
                _running.Release();
            }
        }
    }

    /// <summary>Something was changed: what was read before may be wrong.</summary>
    public void Forget() => _entries.Clear();

    private sealed class Entry
    {
        private readonly Lock _lock = new();
        private Task _turn = Task.CompletedTask;

        public SemaphoreSlim Gate { get; } = new(1);

        public object? Value { get; set; }

        public string? Body { get; set; }

        public long At { get; set; }

        /// <summary>One turn for all pages that wait for the same answer.</summary>
        public Task TurnAsync(Turns turns)
        {
            lock (_lock)
            {
                return _turn.IsCompleted ? _turn = turns.NextAsync() : _turn;
            }
        }
    }
}
