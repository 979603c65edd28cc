namespace Fecom.Serving.ReadOnlineStore;

/// <summary>
/// Keeps requests from waiting for an online store that is known not to answer. After some misses in a row nobody asks it, except for
/// one request at a time that tries, and with its first answer all ask again.
/// </summary>
internal sealed class OnlineStoreCircuit(TimeProvider time)
{
    /// <summary>Misses in a row after which it is not asked: one alone may be a pause of this process.</summary>
    public const int MaxMisses = 3;

    /// <summary>How long after a miss the next request tries.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private int _misses;
    private long _missedAt;
    private int _isTried;

    /// <summary>Whether requests are kept from asking.</summary>
    public bool IsOpen => Volatile.Read(ref _misses) >= MaxMisses;

    /// <summary>Whether a request may ask; while the circuit is open, one that may is the try. Either calls <see cref="Answered"/> or <see cref="Missed"/> after it.</summary>
    public bool MayAsk() =>
        !IsOpen
        || (time.GetElapsedTime(Volatile.Read(ref _missedAt)) >= Pause && Interlocked.Exchange(ref _isTried, 1) == 0);

    /// <summary>The store answered.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _misses) > 0)
        {
            Volatile.Write(ref _misses, 0);
            Volatile.Write(ref _isTried, 0);
        }
    }

    /// <summary>The store did not answer.</summary>
    public void Missed()
    {
        Volatile.Write(ref _missedAt, time.GetTimestamp());
        Interlocked.Increment(ref _misses);
        Volatile.Write(ref _isTried, 0);
    }
}
