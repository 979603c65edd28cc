using System.Diagnostics;
using StackExchange.Redis;

namespace Fecom.Benchmarks.OnlineFeatures;

/// <summary>How long calls took, milliseconds, and how many of them failed.</summary>
internal sealed record CallTimes(double Median, double P99, int Failed)
{
    /// <summary>The times of the quieter of two runs: what else the machine does only makes them longer.</summary>
    public static CallTimes Better(CallTimes a, CallTimes b) => a.P99 <= b.P99 ? a : b;
}

/// <summary>Makes calls at a rate, each in its turn whether or not those before it are answered, as visitors do.</summary>
internal static class OpenLoop
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Calls at a rate and measures each from its sending to its answer.</summary>
    public static async Task<CallTimes> MeasureAsync(int rate, TimeSpan time, Func<int, Task> call)
    {
        Task<(double Time, bool IsAnswered)>[] calls = new Task<(double, bool)>[(int)(rate * time.TotalSeconds)];
        long start = Stopwatch.GetTimestamp();
        using PeriodicTimer timer = new(Tick);
        for (int sent = 0; sent < calls.Length; )
        {
            await timer.WaitForNextTickAsync();
            int due = Math.Min(calls.Length, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate));
            for (; sent < due; sent++)
            {
                calls[sent] = TimeAsync(call, sent);
            }
        }

        (double Time, bool IsAnswered)[] made = await Task.WhenAll(calls);
        double[] times = [.. made.Select(one => one.Time).Order()];
        return new CallTimes(
            times[times.Length / 2],
            times[(int)Math.Ceiling(times.Length * 0.99) - 1],
            made.Count(one => !one.IsAnswered)
        );
    }

    /// <summary>Calls a second of so many callers, each one call after the other.</summary>
    public static async Task<double> RateAsync(int callers, TimeSpan time, Func<int, Task> call)
    {
        long start = Stopwatch.GetTimestamp();
        int made = 0;
        await Parallel.ForAsync(
            0,
            callers,
            new ParallelOptions { MaxDegreeOfParallelism = callers },
            async (_, _) =>
            {
                while (Stopwatch.GetElapsedTime(start) < time)
                {
                    await TimeAsync(call, Interlocked.Increment(ref made));
                }
            }
        );
        return made / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<(double Time, bool IsAnswered)> TimeAsync(Func<int, Task> call, int number)
    {
        long start = Stopwatch.GetTimestamp();
        bool isAnswered = true;
        try
        {
            await call(number);
        }
        catch (Exception e) when (e is HttpRequestException or RedisTimeoutException)
        {
            // Too many calls for this machine: their number is part of the result.
            isAnswered = false;
        }

        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, isAnswered);
    }
}
