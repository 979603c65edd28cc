using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Follows the log ends of a topic through its endpoints and on to the topics that these send to.</summary>
internal sealed class PipelineBarrier(LogEnds logs, ConsumerProgress progress)
{
    /// <inheritdoc cref="IPipelineBarrier.PassAsync"/>
    public async Task PassAsync(string topic, CancellationToken cancellationToken)
    {
        long[] ends = await logs.OfAsync(topic, cancellationToken);
        HashSet<string> next = new(StringComparer.Ordinal);
        foreach (TopicEndpointDefinition endpoint in progress.Readers(topic).Where(endpoint => !endpoint.Broadcast))
        {
            await progress.ReachAsync(endpoint, topic, ends, cancellationToken);
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
}
