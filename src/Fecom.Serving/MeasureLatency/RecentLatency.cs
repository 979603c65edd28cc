using System.Numerics;

namespace Fecom.Serving.MeasureLatency;

/// <summary>How long the calls of the last minutes took.</summary>
/// <param name="Calls">How many there were.</param>
/// <param name="P50Seconds">Half of them took no longer; null without any.</param>
/// <param name="P99Seconds">99 of 100 took no longer.</param>
internal readonly record struct LatencySummary(long Calls, double? P50Seconds, double? P99Seconds);

/// <summary>
/// Counts durations of the last minutes by size: a sixteenth wide, so a percentile is up to 6 % above the exact one. Memory is fixed,
/// and nobody waits for anybody.
/// </summary>
internal sealed class RecentLatency(TimeProvider time)
{
    /// <summary>What is looked back at.</summary>
    public const int WindowMinutes = 5;

    private const int SlotSeconds = 30;
    private const int Slots = (WindowMinutes * 60 / SlotSeconds) + 1;
    private const int StepBits = 4;
    private const int Steps = 1 << StepBits;

    /// <summary>In microseconds: beyond 67 s all are one.</summary>
    private const int MaxBits = 26;

    private readonly Slot[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new Slot())];
    private readonly Lock _gate = new();

    /// <summary>A call has ended.</summary>
    public void Add(double seconds)
    {
        long now = Now();
        Slot slot = _slots[now % Slots];
        if (Volatile.Read(ref slot.Mark) != now)
        {
            Renew(slot, now);
        }

        Interlocked.Increment(ref slot.Counts[IndexOf((long)(seconds * 1e6))]);
    }

    /// <summary>The calls of the last minutes.</summary>
    public LatencySummary Summary()
    {
        long now = Now();
        long[] counts = new long[(MaxBits - StepBits + 1) * Steps];
        foreach (Slot slot in _slots)
        {
            if (Volatile.Read(ref slot.Mark) > now - Slots)
            {
                for (int i = 0; i < counts.Length; i++)
                {
                    counts[i] += Volatile.Read(ref slot.Counts[i]);
                }
            }
        }

        long calls = counts.Sum();
        return calls == 0
            ? default
            : new LatencySummary(calls, Percentile(counts, calls, 0.5), Percentile(counts, calls, 0.99));
    }

    private static double Percentile(long[] counts, long calls, double share)
    {
        long wanted = (long)Math.Ceiling(calls * share);
        int index = 0;
        for (long sum = counts[0]; sum < wanted; sum += counts[index])
        {
            index++;
        }

        return EndOf(index) / 1e6;
    }

    private static int IndexOf(long microseconds)
    {
        long value = Math.Clamp(microseconds, 0, (1L << MaxBits) - 1);
        if (value < Steps)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - StepBits;
        return ((shift + 1) * Steps) + (int)((value >> shift) - Steps);
    }

    /// <summary>The first microsecond that is above those of an index.</summary>
    private static long EndOf(int index)
    {
        int shift = Math.Max(0, (index / Steps) - 1);
        return (index < Steps ? index + 1L : (long)Steps + (index % Steps) + 1) << shift;
    }

    private void Renew(Slot slot, long now)
    {
        lock (_gate)
        {
            if (slot.Mark != now)
            {
                Array.Clear(slot.Counts);
                Volatile.Write(ref slot.Mark, now);
            }
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds() / SlotSeconds;

    private sealed class Slot
    {
        public long Mark;

        public long[] Counts { get; } = new long[(MaxBits - StepBits + 1) * Steps];
    }
}
