using System.Text.Json;

namespace Fecom.Platform.Messaging;

/// <summary>A dead letter on its way back to the endpoint that gave it up, in that endpoint's resend topic.</summary>
internal sealed record ResentDeadLetter
{
    /// <summary>Its resend number; ascends over all letters.</summary>
    public required long Number { get; init; }

    /// <summary>The message's key.</summary>
    public required byte[] Key { get; init; }

    /// <summary>The message's bytes as they first came.</summary>
    public required byte[] Original { get; init; }

    /// <summary>When it was given up, UTC.</summary>
    public required DateTime FailedAt { get; init; }

    /// <summary>
    /// An origin of its own, since a sink's position is already beyond the original one; by it the sink recognises a letter
    /// that was sent twice.
    /// </summary>
    public MessageOrigin Origin(string endpoint) => new($"dead-letter:{endpoint}", Number, FailedAt);

    /// <exception cref="FormatException">The bytes are not such a letter.</exception>
    public static ResentDeadLetter Read(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize<ResentDeadLetter>(value, TopicJson.Options)
                ?? throw new FormatException("The letter is JSON null.");
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
