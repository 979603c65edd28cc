using System.Buffers.Binary;
using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>
/// The order of events: by time, and at the same microsecond by the last four bytes of their ids, which ascend with the place
/// in a source (<see cref="EventId.At"/>). Where both are the same, states go by content, so that no two events are ever tied
/// that would make a difference.
/// </summary>
public static class EventOrder
{
    /// <summary>An event's time in microseconds since 1970-01-01 UTC.</summary>
    public static long TimeOf(BehaviorEvent e) => ToMicroseconds(e.EventTime);

    /// <summary>Decides between events at the same microsecond.</summary>
    public static uint TieOf(BehaviorEvent e)
    {
        Span<byte> id = stackalloc byte[16];
        e.EventId.TryWriteBytes(id, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(id[12..]);
    }

    /// <summary>Microseconds since 1970-01-01 UTC; what is finer is dropped.</summary>
    public static long ToMicroseconds(DateTime time) =>
        (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The inverse of <see cref="ToMicroseconds"/>.</summary>
    public static DateTime ToTime(long microseconds) =>
        DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
