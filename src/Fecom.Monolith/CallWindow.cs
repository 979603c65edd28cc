using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Fecom.Monolith;

/// <summary>
/// Counts calls by the second. Who has not called in a second costs nothing in it: the framework's limiters set a timer of a tenth of
/// a second each, which is a good part of what an idle host takes of its processor.
/// </summary>
/// <typeparam name="TKey">What calls are counted by.</typeparam>
internal sealed class CallWindow<TKey>(TimeProvider time)
    where TKey : notnull
{
    private Second _current = new(long.MinValue);

    /// <summary>Counts a call.</summary>
    /// <returns>Calls of the key in this second so far, this one included.</returns>
    public int Count(TKey key)
    {
        long number = time.GetTimestamp() / time.TimestampFrequency;
        Second second = Volatile.Read(ref _current);
        if (second.Number < number)
        {
            Second next = new(number);
            Second before = Interlocked.CompareExchange(ref _current, next, second);
            second = before == second ? next : before;
        }

        return Interlocked.Increment(ref second.Calls.GetOrAdd(key, static _ => new StrongBox<int>()).Value);
    }

    private sealed class Second(long number)
    {
        public long Number => number;

        public ConcurrentDictionary<TKey, StrongBox<int>> Calls { get; } = new();
    }
}
