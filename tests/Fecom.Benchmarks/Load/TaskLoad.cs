using System.Diagnostics;
using StackExchange.Redis;

namespace Fecom.Benchmarks.Load;

/// <summary>Calls of a client library: at a rate, each in its turn whether or not those before it are answered, or one after the other.</summary>
internal static class TaskLoad
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Calls at a rate and measures each from its sending to its answer.</summary>
    public static async Task<LoadFigures> OpenAsync(int perSecond, TimeSpan time, Func<int, Task> call)
    {
        Task<(double Time, bool IsAnswered)>[] calls = new Task<(double, bool)>[(int)(perSecond * time.TotalSeconds)];
        long start = Stopwatch.GetTimestamp();
        using PeriodicTimer timer = new(Tick);
        for (int sent = 0; sent < calls.Length; )
        {
            await timer.WaitForNextTickAsync();
            int due = Math.Min(calls.Length, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond));
            for (; sent < due; sent++)
            {
                calls[sent] = TimeAsync(call, sent);
            }
        }

        return Figures(await Task.WhenAll(calls), start);
    }

    /// <summary>So many callers, each one call after the other.</summary>
    public static async Task<LoadFigures> ClosedAsync(int callers, TimeSpan time, Func<int, Task> call)
    {
        long start = Stopwatch.GetTimestamp();
        int made = -1;
        List<(double Time, bool IsAnswered)>[] calls = await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(async _ =>
                {
                    List<(double Time, bool IsAnswered)> own = [];
                    while (Stopwatch.GetElapsedTime(start) < time)
                    {
                        own.Add(await TimeAsync(call, Interlocked.Increment(ref made)));
                    }

                    return own;
                })
        );
        return Figures([.. calls.SelectMany(own => own)], start);
    }

    private static LoadFigures Figures((double Time, bool IsAnswered)[] calls, long start) =>
        LoadFigures.Of(
            [.. calls.Select(call => call.Time)],
            refused: calls.Count(call => !call.IsAnswered),
            lesser: 0,
            Stopwatch.GetElapsedTime(start).TotalSeconds
        );

    private static async Task<(double Time, bool IsAnswered)> TimeAsync(Func<int, Task> call, int number)
    {
        long start = Stopwatch.GetTimestamp();
        bool isAnswered = true;
        try
        {
            await call(number);
        }
        catch (RedisTimeoutException)
        {
            // Too many calls for this machine: their number is part of the result.
            isAnswered = false;
        }

        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, isAnswered);
    }
}
