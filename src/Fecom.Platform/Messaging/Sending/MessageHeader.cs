using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>The headers of a message: W3C's <c>traceparent</c> while somebody traces, and two of ours, <c>fecom-origin</c> (see <see cref="OriginSeal"/>) and <c>fecom-malformed</c> (UTF-8).</summary>
internal static class MessageHeader
{
    /// <summary>Anybody may send this header, so only so many bytes of it are read.</summary>
    private const int MaxMalformedBytes = 1_000;

    /// <summary>Names end with a zero byte, as the library takes them.</summary>
    public static ReadOnlySpan<byte> OriginName => "fecom-origin\0"u8;

    public static ReadOnlySpan<byte> MalformedName => "fecom-malformed\0"u8;

    /// <summary>W3C trace context: https://www.w3.org/TR/trace-context/.</summary>
    public static ReadOnlySpan<byte> TraceName => "traceparent\0"u8;

    /// <summary>The sender's reason why its value is not in the topic's format; null when there is none.</summary>
    public static string? ReadMalformed(ReadOnlySpan<byte> utf8) =>
        utf8.IsEmpty
            ? null
            : KeptText.Of(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxMalformedBytes)]), MaxMalformedBytes);
}
