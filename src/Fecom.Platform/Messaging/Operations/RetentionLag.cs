using System.Globalization;

namespace Fecom.Platform.Messaging;

/// <summary>Finds endpoints whose lag, in time, is longer than their topic's retention.</summary>
internal sealed class RetentionLag(
    LogEnds logs,
    ConsumerProgress progress,
    TopicSettings settings,
    KafkaCluster cluster,
    IEnumerable<TopicEndpointDefinition> endpoints,
    TimeProvider time
)
{
    /// <summary>The findings of the last check about this host's partitions, in words for a person.</summary>
    public IReadOnlyList<string> Found { get; private set; } = [];

    /// <exception cref="TopicUnavailableException">Kafka does not answer.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
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
