using Fecom.Platform.Services;

namespace Fecom.Serving.FollowTrending;

/// <summary>Ranks the trending products every second, so that neither a request nor an event waits for a ranking.</summary>
internal sealed class PublishTrending(Supervision supervision, TrendingFeed trending, TimeProvider time)
    : SupervisedService(supervision, "the ranking of what is trending")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            trending.Publish();
        }
    }
}
