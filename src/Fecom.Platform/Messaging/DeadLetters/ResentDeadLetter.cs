using System.Text.Json;

namespace Fecom.Platform.Messaging;

/// <summary>A dead letter on its way back to the endpoint that gave it up, in that endpoint's resend topic.</summary>
internal sealed record ResentDeadLetter
{
    /// <summary>Its place among all letters that were sent again; ascends.</summary>
    public required long Number { get; init; }

    /// <summary>The message's key.</summary>
    public required byte[] Key { get; init; }

    /// <summary>The message's bytes as they first came.</summary>
    public required byte[] Original { get; init; }

    /// <summary>When it was given up, UTC.</summary>
    public required DateTime FailedAt { get; init; }

    /// <summary>
    /// An origin of its own: a sink has gone past the place where the message first stood, and by this one it knows a letter
    /// that is sent twice.
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
