using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>The library says again and again, for each connection, that no broker answers; once in a while is enough.</summary>
internal sealed class ErrorNews(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ErrorCode, long> _told = new();

    /// <summary>Whether an error is to be told: it has not been lately.</summary>
    public bool Is(ErrorCode code)
    {
        long now = time.GetTimestamp();
        if (_told.TryGetValue(code, out long last) && time.GetElapsedTime(last, now) < Interval)
        {
            return false;
        }

        _told[code] = now;
        return true;
    }
}
