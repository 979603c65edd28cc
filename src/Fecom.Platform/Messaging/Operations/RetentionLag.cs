using System.Globalization;

namespace Fecom.Platform.Messaging;

/// <summary>Notices endpoints that lag for longer than their topic keeps its messages.</summary>
internal sealed class RetentionLag(
    LogEnds logs,
    ConsumerProgress progress,
    TopicSettings settings,
    KafkaCluster cluster,
    IEnumerable<TopicEndpointDefinition> endpoints,
    TimeProvider time
)
{
    /// <summary>The lags of this host's partitions, for a person; as of the last look.</summary>
    public IReadOnlyList<string> Found { get; private set; } = [];

    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        List<string> found = [];
        foreach (
            IGrouping<string, TopicEndpointDefinition> readers in endpoints
                .Where(endpoint => !endpoint.Broadcast)
                .GroupBy(endpoint => endpoint.Topic, StringComparer.Ordinal)
        )
        {
            if (settings.Retention(readers.Key) is not { } kept)
            {
                continue;
            }

            long[] young = await logs.SinceAsync(readers.Key, time.GetUtcNow().UtcDateTime - kept, cancellationToken);
            found.AddRange(
                readers.Where(endpoint => IsBehind(endpoint, young)).Select(endpoint => Say(endpoint, kept))
            );
        }

        Found = found;
    }

    private bool IsBehind(TopicEndpointDefinition endpoint, long[] young)
    {
        for (int partition = 0; partition < young.Length; partition++)
        {
            if (progress.IsHere(endpoint, partition) && progress.Next(endpoint, partition) < young[partition])
            {
                return true;
            }
        }

        return false;
    }

    private string Say(TopicEndpointDefinition endpoint, TimeSpan kept) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{endpoint.Name} has not read events of {endpoint.Topic} that are older than its retention.ms ({kept.TotalHours:0.##} h), so Kafka may remove them unread: {TopicFit.Alter(cluster.Servers, endpoint.Topic, TopicFit.RetentionMs, "-1")}"
        );
}
