namespace Fecom.Platform.Messaging;

/// <summary>A topic was deleted and made again, or lost its log: what was sent to it may have been read by nobody, and has to be sent again.</summary>
/// <param name="topic">The topic.</param>
public sealed class TopicRecreatedException(string topic)
    : Exception(
        $"{topic} was deleted and made again, or a broker lost it: what is not known to have been read of it is sent again."
    );
