using System.Text.Json;

namespace Fecom.Platform.Messaging;

/// <summary>Reads a topic's messages.</summary>
public interface ITopicFormat<out T>
{
    /// <summary>Reads one message's value.</summary>
    /// <exception cref="FormatException">The bytes are not such a message.</exception>
    T Read(ReadOnlySpan<byte> value);

    /// <summary>Whether a consumer is given the keys too; they cost an array a message.</summary>
    bool KeepsKey => false;

    /// <summary>Whether a consumer is given the headers of other senders too; they cost a list a message.</summary>
    bool KeepsHeaders => false;
}

/// <summary>Reads a topic whose messages contain their origin, so that no header has to.</summary>
public interface IOriginFormat<T> : ITopicFormat<T>
{
    /// <summary>The origin in a message.</summary>
    MessageOrigin Origin(T message);
}

/// <summary>The value as it came.</summary>
/// <param name="Bytes">The value.</param>
public sealed record RawMessage(byte[] Bytes);

/// <summary>Takes a value as it came, with its key.</summary>
/// <param name="keepsHeaders">Whether with the headers of other senders too.</param>
public sealed class RawFormat(bool keepsHeaders = false) : ITopicFormat<RawMessage>
{
    /// <inheritdoc/>
    public RawMessage Read(ReadOnlySpan<byte> value) => new(value.ToArray());

    /// <inheritdoc/>
    public bool KeepsKey => true;

    /// <inheritdoc/>
    public bool KeepsHeaders => keepsHeaders;
}

/// <summary>Messages of Contracts as JSON with snake_case names.</summary>
public sealed class JsonTopicFormat<T> : ITopicFormat<T>
{
    /// <inheritdoc/>
    public T Read(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(value, TopicJson.Options)
                ?? throw new FormatException("The message is JSON null.");
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}

/// <summary>How messages of Contracts look as JSON.</summary>
public static class TopicJson
{
    /// <summary>snake_case names, nulls left out.</summary>
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        };

    /// <summary>A message as the bytes of a topic's value.</summary>
    public static byte[] Write<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, Options);
}
