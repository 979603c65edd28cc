namespace Fecom.Testing;

/// <summary>Waits for an outcome.</summary>
public static class Poll
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMilliseconds(400);

    /// <summary>Asks until the answer is yes.</summary>
    /// <exception cref="TimeoutException">It was not within <paramref name="timeout"/>.</exception>
    public static async Task UntilAsync(Func<Task<bool>> outcome, TimeSpan timeout, string complaint)
    {
        using PeriodicTimer timer = new(MinInterval);
        using CancellationTokenSource end = new(timeout);
        while (!await outcome())
        {
            if (end.IsCancellationRequested)
            {
                throw new TimeoutException($"{complaint} (waited {timeout.TotalSeconds:0} s)");
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
            // To ask costs what is asked for: what takes long is asked for less often.
            timer.Period = TimeSpan.FromTicks(Math.Min(timer.Period.Ticks * 21 / 20, MaxInterval.Ticks));
        }
    }

    /// <summary>Asks until the value is the expected one; says the last value when it never was.</summary>
    public static async Task UntilEqualAsync<T>(T expected, Func<Task<T>> value, TimeSpan timeout, string name)
    {
        T? last = default;
        try
        {
            await UntilAsync(
                async () => EqualityComparer<T>.Default.Equals(last = await value(), expected),
                timeout,
                name
            );
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{name}: expected {expected}, last saw {last}", e);
        }
    }
}
