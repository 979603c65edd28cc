using Fecom.Platform.Failures;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;

namespace Fecom.Features.StreamFeatures;

/// <summary>Looks every few seconds whether Redis has what PostgreSQL has, so that a wiped Redis is filled again though no event comes.</summary>
internal sealed partial class OnlineStoreKeeper(
    Supervision supervision,
    OnlineStoreState state,
    OnlineStoreWriter online,
    MissingStates missing,
    Materialization materialization,
    RedisConnection redis,
    TimeProvider time,
    ILogger<OnlineStoreKeeper> logger
) : SupervisedService(supervision, "the watch over the online store")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        bool away = false;
        IReadOnlyDictionary<int, long> behind = new Dictionary<int, long>();
        do
        {
            try
            {
                // After an upgrade the features of a shop without visitors are built too, not at the next event.
                await materialization.EnsureAsync(stoppingToken);
                behind = await LookAsync(behind, stoppingToken);
                await LookForMissingAsync(isBehind: behind.Count > 0, stoppingToken);
                away = false;
            }
            catch (Exception e) when (Outage.Is(e) && !stoppingToken.IsCancellationRequested)
            {
                if (!away)
                {
                    LogAway(FailureText.Of(await redis.CauseAsync(e)));
                }

                away = true;
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A partition that has stood behind at the same version since the last look is brought up; the stream itself does the rest.</summary>
    private async Task<IReadOnlyDictionary<int, long>> LookAsync(
        IReadOnlyDictionary<int, long> before,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyDictionary<int, long> behind = await online.BehindAsync(cancellationToken);
        state.IsBehind = behind.Any(one => before.TryGetValue(one.Key, out long then) && then == one.Value);
        if (state.IsBehind)
        {
            await online.CatchUpAsync(isScanAllowed: true, cancellationToken);
            state.IsBehind = false;
        }

        return behind;
    }

    private async Task LookForMissingAsync(bool isBehind, CancellationToken cancellationToken)
    {
        RedisEviction eviction = await RedisEviction.ReadAsync(redis);
        if (eviction.Evicts && eviction.Policy != state.Eviction?.Policy)
        {
            LogEvicts(eviction.Policy!);
        }

        state.Eviction = eviction;
        if (!isBehind)
        {
            await missing.LookAsync(eviction, cancellationToken);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Redis has maxmemory-policy {Policy}: when its memory is full it drops states, and predictions no longer know their products. Set noeviction, and enough maxmemory"
    )]
    private partial void LogEvicts(string policy);

    [LoggerMessage(LogLevel.Warning, "The online store cannot be compared with PostgreSQL for now: {Reason}")]
    private partial void LogAway(string reason);
}
