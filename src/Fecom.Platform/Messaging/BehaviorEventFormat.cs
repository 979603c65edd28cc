using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Reads the validated topic.</summary>
public sealed class BehaviorEventFormat : ITopicFormat<BehaviorEvent>
{
    /// <inheritdoc/>
    public BehaviorEvent Read(byte[] value) => BehaviorEventJson.Read(value);
}
