namespace Fecom.Platform.Messaging;

/// <summary>
/// The heap is sized for loads, whose batches die young: 160 MiB come between two collections, and one that then copies what a moderate
/// stream has kept of them stops all threads for up to some 150 ms. Between two batches of such a stream a fifth as much is collected at once,
/// while nobody waits for a batch: that costs the same, in pauses a fifth as long.
/// </summary>
/// <param name="allocated">Bytes that the process has allocated so far.</param>
/// <param name="collect">Collects the youngest generation.</param>
internal sealed class YoungGarbage(Func<long> allocated, Action collect)
{
    public const long Much = 32 * 1024 * 1024;

    private long _collectedAt = allocated();

    /// <summary>That of this process.</summary>
    public static YoungGarbage OfThisProcess() =>
        new(() => GC.GetTotalAllocatedBytes(), () => GC.Collect(generation: 0));

    /// <summary>Collects when there is much.</summary>
    public void CollectWhenMuch()
    {
        long now = allocated();
        if (now - _collectedAt >= Much)
        {
            _collectedAt = now;
            collect();
        }
    }
}
