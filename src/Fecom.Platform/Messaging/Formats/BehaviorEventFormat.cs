using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Reads the validated topic.</summary>
public sealed class BehaviorEventFormat : IOriginFormat<BehaviorEvent>
{
    /// <inheritdoc/>
    public BehaviorEvent Read(ReadOnlySpan<byte> value) => BehaviorEventJson.Read(value);

    /// <inheritdoc/>
    public MessageOrigin Origin(BehaviorEvent message) =>
        new(
            message.Lane is { } lane ? SourceLane.Name(message.Source, lane) : message.Source,
            message.Position,
            message.ReceivedAt
        );
}
