using System.Text;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An error that the library reports in place of a message.</summary>
/// <param name="Lane">The lane that it concerns; null when it is the whole consumer.</param>
/// <param name="Code">Its kind.</param>
/// <param name="Reason">In the library's words.</param>
internal readonly record struct ConsumerFault(int? Lane, ErrorCode Code, string Reason)
{
    /// <summary>Whether the log does not have the record that was asked for next.</summary>
    public bool IsOutOfRange => Code == ErrorCode.Local_AutoOffsetReset;

    /// <param name="lane">The lane; null when it is the whole consumer.</param>
    /// <param name="message">What the library gave.</param>
    public static unsafe ConsumerFault Of(int? lane, NativeMessage* message) =>
        new(
            lane,
            (ErrorCode)message->Error,
            message->ValueLength > 0
                ? Encoding.UTF8.GetString(message->Value, (int)message->ValueLength)
                : RdKafka.Reason(message->Error)
        );
}

/// <summary>
/// The current faults of an endpoint's consumer. The library reports a fault once and its end never, so a fault ends
/// when the lane's next fetch is answered, with a message or with the log's end. A silent lane is fetched again for that.
/// </summary>
internal sealed class ConsumerFaults(TimeProvider time)
{
    /// <summary>How long a lane with a fault may be silent before it is fetched again.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    /// <summary>Stands for the whole consumer.</summary>
    private const int Whole = -1;

    private readonly Dictionary<int, string> _byLane = [];
    private long _asked;

    /// <summary>The reason of one of them; null when all is well.</summary>
    public string? Reason => _byLane.Count == 0 ? null : _byLane.Values.First();

    public void Add(ConsumerFault fault)
    {
        _byLane[fault.Lane ?? Whole] = fault.Reason;
        _asked = time.GetTimestamp();
    }

    /// <summary>The lanes' fetches were answered, so their faults and the whole consumer's are over.</summary>
    public void Clear(IEnumerable<int> lanes)
    {
        if (_byLane.Count == 0)
        {
            return;
        }

        foreach (int lane in lanes)
        {
            _byLane.Remove(lane);
            _byLane.Remove(Whole);
        }
    }

    /// <summary>The group has assigned partitions to this member.</summary>
    public void Join() => _byLane.Clear();

    /// <summary>The lanes that are to be fetched again now; every one of <paramref name="assigned"/> when the fault is the whole consumer's.</summary>
    public IReadOnlyCollection<int> ToRefetch(IReadOnlySet<int> assigned)
    {
        if (_byLane.Count == 0 || time.GetElapsedTime(_asked) < Silence)
        {
            return [];
        }

        _asked = time.GetTimestamp();
        return _byLane.ContainsKey(Whole) ? [.. assigned] : [.. _byLane.Keys.Where(assigned.Contains)];
    }
}
