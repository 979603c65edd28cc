using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Throttles the library's errors: it repeats for each connection that no broker answers, and each kind is logged at most every 30 s.</summary>
internal sealed class ErrorThrottle(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ErrorCode, long> _logged = new();

    /// <summary>Whether an error is to be logged: none of its kind was within the last 30 s.</summary>
    public bool ShouldLog(ErrorCode code)
    {
        long now = time.GetTimestamp();
        if (_logged.TryGetValue(code, out long last) && time.GetElapsedTime(last, now) < Interval)
        {
            return false;
        }

        _logged[code] = now;
        return true;
    }
}
