using Microsoft.Extensions.Hosting;

namespace Fecom.Serving.FollowTrending;

/// <summary>Ranks what is trending every second, so that no request and no event waits for a ranking.</summary>
internal sealed class PublishTrending(TrendingFeed trending, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            trending.Publish();
        }
    }
}
