namespace Fecom.Platform.Messaging;

/// <summary>Tells when everything that was sent to a topic has come out of the far end of the pipeline.</summary>
public interface IPipelineBarrier
{
    /// <summary>
    /// Completes when each message that Kafka had on <paramref name="topic"/> before this call has been taken in by every
    /// endpoint downstream: its consumers, then the consumers of the topics that these send to.
    /// </summary>
    Task PassAsync(string topic, CancellationToken cancellationToken);
}
