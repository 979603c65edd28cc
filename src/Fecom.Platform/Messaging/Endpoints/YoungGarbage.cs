namespace Fecom.Platform.Messaging;

/// <summary>
/// The heap is sized for loads, whose batches die young: 160 MiB come between two collections, and one that then copies what a moderate
/// stream has kept of them stops all threads for up to some 150 ms. Between two batches of such a stream a fifth as much is collected at once,
/// while nobody waits for a batch: that costs the same, in pauses a fifth as long. Behind a load, which leaves the states of its entities in
/// generation 1, this generation is collected as well: else the stream that follows waits some 100 ms for that.
/// </summary>
/// <param name="allocated">Bytes that the process has allocated so far.</param>
/// <param name="generation1">Bytes in generation 1 after the last collection of the young.</param>
/// <param name="collect">Collects a generation and those younger.</param>
internal sealed class YoungGarbage(Func<long> allocated, Func<long> generation1, Action<int> collect)
{
    public const long Much = 32 * 1024 * 1024;

    /// <summary>Bytes in generation 1 which a load has left there; a moderate stream leaves a tenth of them.</summary>
    public const long MuchInGeneration1 = 64 * 1024 * 1024;

    /// <summary>A collection in the background, which may begin with that of the youngest generation, leaves generation 1 as it is.</summary>
    private const int MaxAttempts = 3;

    private long _collectedAt = allocated();
    private int _attempts;

    /// <summary>That of this process.</summary>
    public static YoungGarbage OfThisProcess() =>
        new(
            () => GC.GetTotalAllocatedBytes(),
            () => GC.GetGCMemoryInfo(GCKind.Ephemeral).GenerationInfo[1].SizeAfterBytes,
            Collect
        );

    /// <summary>Collects when there is much.</summary>
    public void CollectWhenMuch()
    {
        long now = allocated();
        if (now - _collectedAt >= Much)
        {
            _collectedAt = now;
            _attempts = MaxAttempts;
            collect(0);
        }

        if (_attempts > 0 && generation1() >= MuchInGeneration1)
        {
            _attempts--;
            collect(1);
        }
    }

    private static void Collect(int generation)
    {
        GC.Collect(generation);
        if (generation == 1)
        {
            // In the background, and only if what has moved there makes it due.
            GC.Collect(2, GCCollectionMode.Optimized, blocking: false);
        }
    }
}
