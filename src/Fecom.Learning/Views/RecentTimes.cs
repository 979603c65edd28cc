using System.Globalization;
using System.Text;

namespace Fecom.Learning.Views;

/// <summary>
/// When the last events of a session happened, ascending: those within the lateness of the newest, at most <see cref="Capacity"/>.
/// They say which place a late event takes. Never changes; an addition makes the next one.
/// </summary>
public sealed class RecentTimes
{
    /// <summary>How many times a session remembers.</summary>
    public const int Capacity = 256;

    private readonly long[] _micros;

    private RecentTimes(long[] micros) => _micros = micros;

    /// <summary>How many there are; at least the newest.</summary>
    public int Count => _micros.Length;

    /// <summary>A session's first event.</summary>
    public static RecentTimes Of(DateTime time) => new([Micros(time)]);

    /// <summary>The times with one more event's: those that it leaves behind go; an event that lies behind them itself changes nothing.</summary>
    /// <param name="time">When the event happened.</param>
    /// <param name="lateness">How much older than the newest a time may be.</param>
    public RecentTimes Add(DateTime time, TimeSpan lateness)
    {
        long added = Micros(time);
        long newest = Math.Max(added, _micros[^1]);
        long oldest = newest - (lateness.Ticks / TimeSpan.TicksPerMicrosecond);
        if (added < oldest || IsBehind(added))
        {
            return this;
        }

        int gone = 0;
        while (gone < _micros.Length && _micros[gone] < oldest)
        {
            gone++;
        }

        int place = PlaceAfter(added);
        gone = Math.Max(gone, _micros.Length + 1 - Capacity);
        long[] next = new long[_micros.Length - gone + 1];
        _micros.AsSpan(gone, place - gone).CopyTo(next);
        next[place - gone] = added;
        _micros.AsSpan(place).CopyTo(next.AsSpan(place - gone + 1));
        return new(next);
    }

    /// <summary>The events of which it is known that they happened after a time: how many, and when the first of them.</summary>
    public (int Count, DateTime First) After(DateTime time)
    {
        long micros = Micros(time);
        int place = PlaceAfter(IsBehind(micros) ? _micros[0] : micros);
        return place == _micros.Length ? (0, default) : (_micros.Length - place, Time(_micros[place]));
    }

    /// <summary>Whether an event of this time is among those remembered.</summary>
    public bool Has(DateTime time) => Array.BinarySearch(_micros, Micros(time)) >= 0;

    /// <summary>The first in microseconds since 1970, then the distances; null when there is none but the newest.</summary>
    public string? ToText()
    {
        if (_micros.Length == 1)
        {
            return null;
        }

        StringBuilder text = new(16 + (_micros.Length * 9));
        long before = 0;
        foreach (long micros in _micros)
        {
            if (text.Length > 0)
            {
                text.Append(',');
            }

            text.Append(CultureInfo.InvariantCulture, $"{micros - before}");
            before = micros;
        }

        return text.ToString();
    }

    /// <summary>The times that <see cref="ToText"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <param name="newest">When the session's newest event happened.</param>
    /// <exception cref="FormatException">They cannot be read.</exception>
    public static RecentTimes FromText(string? text, DateTime newest)
    {
        if (text is null)
        {
            return Of(newest);
        }

        string[] distances = text.Split(',');
        long[] times = new long[distances.Length];
        long before = 0;
        for (int i = 0; i < times.Length; i++)
        {
            before += FieldText.ToLong(distances[i], "recent_times");
            times[i] = before;
        }

        return new(times);
    }

    /// <summary>Whether a time lies before the first of a full list, which other events may have had to leave.</summary>
    private bool IsBehind(long micros) => _micros.Length == Capacity && micros < _micros[0];

    /// <summary>Place of the first that is greater: of events at the same time the one that arrives later is the newer.</summary>
    private int PlaceAfter(long micros)
    {
        int place = _micros.Length;
        while (place > 0 && _micros[place - 1] > micros)
        {
            place--;
        }

        return place;
    }

    private static long Micros(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static DateTime Time(long micros) => DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
