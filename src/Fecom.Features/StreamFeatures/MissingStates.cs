using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Finds states that Redis has lost one by one, as when it evicts keys, and writes them again. It walks over the states in
/// PostgreSQL: a few at each look, and all of them after the host's start and when Redis says that it has evicted.
/// </summary>
internal sealed partial class MissingStates(
    OnlineStoreWriter online,
    NpgsqlDataSource database,
    TimeProvider time,
    ILogger<MissingStates> logger
)
{
    /// <summary>States of a view that are compared in one round trip to each store: of a walk over all, and of a look without a reason.</summary>
    private const int Window = 1_000;
    private const int Few = 200;

    /// <summary>How long after its commit a state is in Redis at the latest, unless the partition is behind.</summary>
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(10);

    /// <summary>A Redis that keeps evicting loses others for those that are written again: between two walks over all at least, and at most.</summary>
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(15);

    /// <summary>Between two looks without a reason at least.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private long _looked;
    private readonly string?[] _after = new string?[StateTable.All.Count];
    private bool _all = true;
    private TimeSpan _pause = TimeSpan.Zero;
    private DateTimeOffset _next;
    private long _evicted;

    /// <summary>States that were missing and have been written again, since the host's start.</summary>
    public long Restored { get; private set; }

    /// <summary>Whether the last walk over all states found that some were missing.</summary>
    public bool Incomplete { get; private set; }

    /// <summary>Compares the next states, or all of them where there is reason to.</summary>
    public async Task LookAsync(RedisEviction eviction, CancellationToken cancellationToken)
    {
        _all |= eviction.Evicted != _evicted;
        _evicted = eviction.Evicted;
        if (!_all || (eviction.Evicts && time.GetUtcNow() < _next))
        {
            if (_looked != 0 && time.GetElapsedTime(_looked) < Quiet)
            {
                return;
            }

            _looked = time.GetTimestamp();
            for (int view = 0; view < _after.Length; view++)
            {
                _after[view] ??= "";
            }

            _all |= await StepAsync(Few, cancellationToken) > 0;
            return;
        }

        Array.Fill(_after, "");
        long missing = 0;
        while (Array.Exists(_after, last => last is not null))
        {
            missing += await StepAsync(Window, cancellationToken);
        }

        // What was written again is looked at once more.
        _all = missing > 0;
        _pause = missing == 0 ? TimeSpan.Zero : Clamp(_pause * 2);
        _next = time.GetUtcNow() + _pause;
        Incomplete = missing > 0;
        if (missing > 0)
        {
            LogRestored(missing);
        }
    }

    private async Task<int> StepAsync(int count, CancellationToken cancellationToken)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        int missing = await online.RestoreAsync(
            await OfflineStates.NextAsync(database, _after, count, now, now - Settles, cancellationToken)
        );
        Restored += missing;
        return missing;
    }

    private static TimeSpan Clamp(TimeSpan pause) =>
        pause < MinPause ? MinPause
        : pause > MaxPause ? MaxPause
        : pause;

    [LoggerMessage(
        LogLevel.Warning,
        "Online store: {States} states were missing in Redis and have been written again from PostgreSQL"
    )]
    private partial void LogRestored(long states);
}
