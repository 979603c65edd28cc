using System.Runtime.InteropServices;

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

    public string? Malformed() => MessageHeader.ReadMalformed(_malformed);
}
