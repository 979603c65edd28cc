using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>Reads a message of its bytes.</summary>
/// <exception cref="FormatException">The bytes are not such a message.</exception>
public delegate T MessageReader<out T>(ReadOnlySpan<byte> value);

/// <summary>Reads a topic whose messages say themselves where they came from.</summary>
/// <param name="read">Reads one of them.</param>
public sealed class SourcedFormat<T>(MessageReader<T> read) : IOriginFormat<T>
    where T : class, ISourcedMessage
{
    /// <inheritdoc/>
    public T Read(ReadOnlySpan<byte> value) => read(value);

    /// <inheritdoc/>
    public MessageOrigin Origin(T message) =>
        new(
            message.Lane is { } lane ? SourceLane.Name(message.Source, lane) : message.Source,
            message.Position,
            message.ReceivedAt
        );
}
