namespace Fecom.Platform.Messaging;

/// <summary>Waits until everything that was sent to a topic has reached the end of the pipeline. Each sender has one of its own.</summary>
public interface IPipelineBarrier
{
    /// <summary>
    /// Completes when each message that Kafka had on <paramref name="topic"/> before this call has been processed by every
    /// endpoint downstream: its consumers, then the consumers of the topics that these send to.
    /// </summary>
    /// <exception cref="TopicRecreatedException">The topic, or one that its consumers send to, is another log than at the call before: to be sent again.</exception>
    Task PassAsync(string topic, CancellationToken cancellationToken);
}
