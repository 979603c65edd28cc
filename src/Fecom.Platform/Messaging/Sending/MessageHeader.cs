using System.Buffers.Binary;
using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>The headers of a message: W3C's <c>traceparent</c> while somebody traces, and two of ours. <c>fecom-origin</c>: position (8 bytes), received at (8 bytes, ticks UTC), source (UTF-8). <c>fecom-malformed</c>: UTF-8.</summary>
internal static class MessageHeader
{
    /// <summary>Names end with a zero byte, as the library takes them.</summary>
    public static ReadOnlySpan<byte> OriginName => "fecom-origin\0"u8;

    public static ReadOnlySpan<byte> MalformedName => "fecom-malformed\0"u8;

    /// <summary>W3C trace context: https://www.w3.org/TR/trace-context/.</summary>
    public static ReadOnlySpan<byte> TraceName => "traceparent\0"u8;

    public static byte[] Write(in MessageOrigin origin)
    {
        byte[] bytes = new byte[16 + Encoding.UTF8.GetByteCount(origin.Source)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, origin.Position);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), origin.ReceivedAt.Ticks);
        Encoding.UTF8.GetBytes(origin.Source, bytes.AsSpan(16));
        return bytes;
    }

    /// <summary>The origin in a header's value; null when it is not a whole one.</summary>
    public static MessageOrigin? ReadOrigin(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= 16)
        {
            return null;
        }

        long ticks = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        return ticks is < 0 or > 3_155_378_975_999_999_999
            ? null
            : new MessageOrigin(
                SourceNames.Get(bytes[16..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes),
                new DateTime(ticks, DateTimeKind.Utc)
            );
    }

    /// <summary>A source's name comes with each of its messages: one string serves a run of them.</summary>
    private static class SourceNames
    {
        [ThreadStatic]
        private static (byte[] Bytes, string Text) _last;

        public static string Get(ReadOnlySpan<byte> utf8)
        {
            if (_last.Bytes is null || !utf8.SequenceEqual(_last.Bytes))
            {
                _last = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
            }

            return _last.Text;
        }
    }
}
