using System.Collections.Concurrent;
using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Follows the log ends of a topic through its endpoints and on to the topics that these send to. Each sender has one of its own.</summary>
internal sealed class PipelineBarrier(KafkaCluster cluster, LogEnds logs, ConsumerProgress progress)
{
    /// <summary>The log of each topic that was passed last: the sender's messages are on that one.</summary>
    private readonly ConcurrentDictionary<string, string> _passed = new(StringComparer.Ordinal);

    /// <inheritdoc cref="IPipelineBarrier.PassAsync"/>
    public async Task PassAsync(string topic, CancellationToken cancellationToken)
    {
        string log = _passed.GetOrAdd(topic, cluster.Log);
        RequireLog(topic, log);
        long[] ends = await logs.OfAsync(topic, cancellationToken);
        HashSet<string> next = new(StringComparer.Ordinal);
        foreach (TopicEndpointDefinition endpoint in progress.Readers(topic).Where(endpoint => !endpoint.Broadcast))
        {
            await progress.ReachAsync(endpoint, topic, ends, () => RequireLog(topic, log), cancellationToken);
            next.UnionWith(endpoint.Produces);
            if (endpoint.DeadLetters)
            {
                next.Add(Topics.DeadLetter(endpoint.Topic));
            }
        }

        foreach (string output in next)
        {
            await PassAsync(output, cancellationToken);
        }
    }

    /// <summary>Offsets of another log say nothing of the messages that were sent: they would be waited for without end, or taken for read.</summary>
    private void RequireLog(string topic, string log)
    {
        string now = cluster.Log(topic);
        if (now != log)
        {
            _passed[topic] = now;
            throw new TopicRecreatedException(topic);
        }
    }
}
