namespace Fecom.Platform.Messaging;

/// <summary>Counts by the second, over the last ten whole ones.</summary>
internal sealed class RecentRate(TimeProvider time)
{
    private const int Seconds = 10;

    private readonly long[] _counts = new long[Seconds + 1];
    private readonly long[] _marks = new long[Seconds + 1];
    private readonly Lock _gate = new();

    public void Add(long count)
    {
        long now = Second();
        lock (_gate)
        {
            int slot = (int)(now % _counts.Length);
            if (_marks[slot] != now)
            {
                (_marks[slot], _counts[slot]) = (now, 0);
            }

            _counts[slot] += count;
        }
    }

    public double PerSecond()
    {
        long now = Second();
        long sum = 0;
        lock (_gate)
        {
            for (int slot = 0; slot < _counts.Length; slot++)
            {
                if (_marks[slot] < now && _marks[slot] >= now - Seconds)
                {
                    sum += _counts[slot];
                }
            }
        }

        return (double)sum / Seconds;
    }

    private long Second() => time.GetTimestamp() / time.TimestampFrequency;
}
