using System.Buffers.Binary;
using System.Globalization;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ReadAvro;

/// <summary>
/// Reads the messages that a serializer of a schema registry has written: a zero byte, the schema's id, and the value. No JSON begins
/// with a zero byte, so both may come on one topic, and JSON costs a look at one byte.
/// </summary>
internal sealed class FramedMessages(Schemas schemas, IOptions<SchemaRegistryOptions> options)
{
    private const int Frame = 1 + sizeof(int);

    /// <summary>Bytes of the longest text whose length is written with two.</summary>
    private const int MaxText = 8_191;

    /// <summary>What the framed messages of a batch say, by their place in it; null when there is none, or no registry.</summary>
    /// <exception cref="SchemaRegistryAwayException">The registry does not answer: the batch waits.</exception>
    public async ValueTask<IReadOnlyDictionary<int, FramedContent>?> ReadAsync(
        IReadOnlyList<TopicMessage<RawMessage>> messages,
        CancellationToken cancellationToken
    )
    {
        if (!options.Value.Enabled)
        {
            return null;
        }

        Dictionary<int, FramedContent>? framed = null;
        for (int i = 0; i < messages.Count; i++)
        {
            if (IsFramed(messages[i].Value.Bytes))
            {
                (framed ??= [])[i] = await ReadAsync(messages[i], cancellationToken);
            }
        }

        return framed;
    }

    private async Task<FramedContent> ReadAsync(TopicMessage<RawMessage> message, CancellationToken cancellationToken)
    {
        (byte[]? json, EventError? error) = await JsonAsync(message.Value.Bytes, cancellationToken);
        if (json is null)
        {
            return new FramedContent([], message.Key, error);
        }

        // A key that is none of a registry, or cannot be read, stays what it is.
        byte[]? key = IsFramed(message.Key) ? (await JsonAsync(message.Key, cancellationToken)).Json : null;
        return new FramedContent(json, key ?? message.Key, null);
    }

    private async Task<(byte[]? Json, EventError? Error)> JsonAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        int id = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1));
        KnownSchema schema = await schemas.FindAsync(id, cancellationToken);
        if (schema.IsJson)
        {
            return (bytes[Frame..], null);
        }

        if (schema.Type is null)
        {
            return (null, new EventError("$", schema.Rule, schema.Problem!));
        }

        return AvroJson.Write(schema.Type, bytes.AsSpan(Frame), out string? problem) is { } json
            ? (json, null)
            : (
                null,
                new EventError(
                    "$",
                    "schema_fits",
                    string.Create(CultureInfo.InvariantCulture, $"the message does not fit schema {id}: {problem}")
                )
            );
    }

    /// <summary>Whether a framed message has a text as the whole of a string: Avro writes its length, doubled, before it.</summary>
    public static bool Names(ReadOnlySpan<byte> message, ReadOnlySpan<byte> text)
    {
        if (message.Length <= Frame || message[0] != 0 || text.Length > MaxText)
        {
            return false;
        }

        int length = text.Length * 2;
        byte[] value = length < 0x80 ? [(byte)length, .. text] : [(byte)(length | 0x80), (byte)(length >> 7), .. text];
        return message[Frame..].IndexOf(value) >= 0;
    }

    private static bool IsFramed(byte[] bytes) => bytes.Length > Frame && bytes[0] == 0;
}

/// <summary>What a framed message says.</summary>
/// <param name="Json">Its value as JSON.</param>
/// <param name="Key">Its key, as JSON where it was framed too.</param>
/// <param name="Error">Why there is no value; null when there is one.</param>
internal sealed record FramedContent(byte[] Json, byte[] Key, EventError? Error);
