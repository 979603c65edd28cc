using System.Runtime.InteropServices;
using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>The headers that matter of a message in librdkafka's memory.</summary>
internal readonly unsafe ref struct NativeHeaders
{
    private readonly ReadOnlySpan<byte> _origin;
    private readonly ReadOnlySpan<byte> _malformed;

    public NativeHeaders(NativeMessage* message)
    {
        if (RdKafka.Headers(message, out nint headers) != 0)
        {
            return;
        }

        for (nuint i = 0; RdKafka.Header(headers, i, out byte* name, out byte* value, out nuint size) == 0; i++)
        {
            ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
            ReadOnlySpan<byte> bytes = new(value, (int)size);
            if (text.SequenceEqual(MessageHeader.OriginName[..^1]))
            {
                _origin = bytes;
            }
            else if (text.SequenceEqual(MessageHeader.MalformedName[..^1]))
            {
                _malformed = bytes;
            }
            else if (text.SequenceEqual(MessageHeader.TraceName[..^1]))
            {
                Trace = bytes;
            }
        }
    }

    /// <summary>The sender's trace context; empty when nobody traced.</summary>
    public ReadOnlySpan<byte> Trace { get; }

    /// <summary>Where the content first came from, when this installation says so; null otherwise.</summary>
    public MessageOrigin? Origin(OriginSeal seal) => seal.Read(_origin);

    /// <summary>The headers of other senders; null when there are none.</summary>
    public static List<KeyValuePair<string, byte[]>>? Others(NativeMessage* message)
    {
        if (RdKafka.Headers(message, out nint headers) != 0)
        {
            return null;
        }

        List<KeyValuePair<string, byte[]>>? others = null;
        for (nuint i = 0; RdKafka.Header(headers, i, out byte* name, out byte* value, out nuint size) == 0; i++)
        {
            ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
            if (
                !text.SequenceEqual(MessageHeader.OriginName[..^1])
                && !text.SequenceEqual(MessageHeader.MalformedName[..^1])
                && !text.SequenceEqual(MessageHeader.TraceName[..^1])
            )
            {
                (others ??= []).Add(
                    new(Encoding.UTF8.GetString(text), new ReadOnlySpan<byte>(value, (int)size).ToArray())
                );
            }
        }

        return others;
    }

    public string? Malformed() => MessageHeader.ReadMalformed(_malformed);
}
