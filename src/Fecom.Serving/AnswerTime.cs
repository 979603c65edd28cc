using System.Buffers.Binary;

namespace Fecom.Serving;

/// <summary>An answer's id is a UUID of version 7, which begins with the answer's time (RFC 9562, 5.7).</summary>
internal static class AnswerTime
{
    private const int Version = 7;

    /// <summary>The last millisecond that the id of an answer may name: year 9999 is beyond what a <see cref="DateTime"/> and a partition can be of use for.</summary>
    private static readonly long MaxMilliseconds = (long)
        (new DateTime(2200, 1, 1) - DateTime.UnixEpoch).TotalMilliseconds;

    /// <summary>The time in an id, UTC, in milliseconds; null when it is of another version.</summary>
    public static DateTime? Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        long milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        return bytes[6] >> 4 == Version && milliseconds < MaxMilliseconds
            ? DateTime.UnixEpoch.AddMilliseconds(milliseconds)
            : null;
    }
}
