using Fecom.Platform.Services;

namespace Fecom.Platform.Messaging;

/// <summary>Notices partitions that somebody adds to a topic of a real cluster, topics that somebody makes again, settings that do not fit, lags that outlast what a topic keeps, and members of groups that are somebody else's.</summary>
internal sealed class TopicWatch(
    Supervision supervision,
    KafkaCluster cluster,
    RetentionLag lag,
    ForeignMembers members,
    TimeProvider time
) : SupervisedService(supervision, "the look at Kafka's topics")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Settings change seldom, and are more to read.</summary>
    private const int LooksOfSettings = 3;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (cluster.IsEmbedded)
        {
            return;
        }

        using PeriodicTimer timer = new(Interval, time);
        for (int looks = 1; await timer.WaitForNextTickAsync(stoppingToken); looks++)
        {
            if (cluster.NotOpen is not null)
            {
                continue;
            }

            await cluster.LookAsync(stoppingToken);
            if (looks % LooksOfSettings == 0)
            {
                await cluster.LookAtSettingsAsync(stoppingToken);
                await lag.LookAsync(stoppingToken);
                await members.LookAsync(stoppingToken);
            }
        }
    }
}
