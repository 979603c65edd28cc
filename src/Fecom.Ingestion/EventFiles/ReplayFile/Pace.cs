using Fecom.Contracts;

namespace Fecom.Ingestion.EventFiles.ReplayFile;

/// <summary>When a file's events are due, counted from the first.</summary>
/// <param name="rate">Events a second; null for the original time gaps.</param>
/// <param name="speed">Divides the original gaps: 1 keeps them, 60 makes an hour a minute.</param>
internal sealed class Pace(double? rate, double speed)
{
    private DateTime? _first;
    private TimeSpan _last;
    private long _events;

    /// <summary>When the next event is due. An event that is older than those before it, or has no time that can be read, is due with them.</summary>
    /// <param name="eventTime">Its <c>event_time</c> as in the file.</param>
    public TimeSpan Next(ReadOnlySpan<char> eventTime)
    {
        if (rate is { } perSecond)
        {
            return TimeSpan.FromSeconds(_events++ / perSecond);
        }

        if (EventTimes.TryParse(eventTime, out DateTime time))
        {
            _first ??= time;
            TimeSpan due = (time - _first.Value) / speed;
            _last = due > _last ? due : _last;
        }

        return _last;
    }
}
