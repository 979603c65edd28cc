using Fecom.Platform.Services;

namespace Fecom.Platform.Messaging;

/// <summary>Checks a real cluster's topics every 10 s for added partitions and recreated topics, and every 30 s for unfit settings, lags beyond the retention, and foreign group members.</summary>
internal sealed class TopicWatch(
    Supervision supervision,
    KafkaCluster cluster,
    RetentionLag lag,
    ForeignMembers members,
    TimeProvider time
) : SupervisedService(supervision, "the check of Kafka's topics")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Settings change seldom and cost more to read: only every so many rounds.</summary>
    private const int RoundsOfSettings = 3;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (cluster.IsEmbedded)
        {
            return;
        }

        using PeriodicTimer timer = new(Interval, time);
        for (int round = 1; await timer.WaitForNextTickAsync(stoppingToken); round++)
        {
            if (cluster.NotOpen is not null)
            {
                continue;
            }

            await cluster.RefreshAsync(stoppingToken);
            if (round % RoundsOfSettings == 0)
            {
                await cluster.RefreshSettingsAsync(stoppingToken);
                await lag.CheckAsync(stoppingToken);
                await members.CheckAsync(stoppingToken);
            }
        }
    }
}
