using System.Buffers.Binary;
using System.Text;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>The headers of a message: W3C's <c>traceparent</c> while somebody traces, and three of ours. <c>fecom-origin</c>: position (8 bytes), received at (8 bytes, ticks UTC), source (UTF-8). <c>fecom-malformed</c>: UTF-8. <c>fecom-replay</c>: empty, on a dead letter that comes back.</summary>
internal static class MessageHeader
{
    private const string OriginName = "fecom-origin";
    private const string MalformedName = "fecom-malformed";
    private const string ReplayName = "fecom-replay";

    /// <param name="message">The message.</param>
    /// <param name="trace">The span that sends it, as its header's bytes; null when nobody traces.</param>
    public static Headers? Write(in OutgoingMessage message, byte[]? trace = null)
    {
        if (message.Origin is null && message.Malformed is null && trace is null && !message.IsReplay)
        {
            return null;
        }

        Headers headers = [];
        if (message.Origin is { } origin)
        {
            byte[] bytes = new byte[16 + Encoding.UTF8.GetByteCount(origin.Source)];
            BinaryPrimitives.WriteInt64BigEndian(bytes, origin.Position);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), origin.ReceivedAt.Ticks);
            Encoding.UTF8.GetBytes(origin.Source, bytes.AsSpan(16));
            headers.Add(OriginName, bytes);
        }

        if (message.IsReplay)
        {
            headers.Add(ReplayName, []);
        }

        if (trace is not null)
        {
            headers.Add(BatchTraces.HeaderName, trace);
        }

        if (message.Malformed is { } reason)
        {
            headers.Add(MalformedName, Encoding.UTF8.GetBytes(reason));
        }

        return headers;
    }

    /// <summary>The origin of a message; null when it has no such header, or not a whole one.</summary>
    public static MessageOrigin? ReadOrigin(Headers? headers)
    {
        if (headers is null || !headers.TryGetLastBytes(OriginName, out byte[]? bytes) || bytes is not { Length: > 16 })
        {
            return null;
        }

        long ticks = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8));
        return ticks is < 0 or > 3_155_378_975_999_999_999
            ? null
            : new MessageOrigin(
                SourceNames.Get(bytes.AsSpan(16)),
                BinaryPrimitives.ReadInt64BigEndian(bytes),
                new DateTime(ticks, DateTimeKind.Utc)
            );
    }

    public static bool ReadReplay(Headers? headers) => headers is not null && headers.TryGetLastBytes(ReplayName, out _);

    public static string? ReadMalformed(Headers? headers) =>
        headers is not null && headers.TryGetLastBytes(MalformedName, out byte[]? bytes) ? Encoding.UTF8.GetString(bytes) : null;

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
