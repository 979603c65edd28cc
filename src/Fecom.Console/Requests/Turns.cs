namespace Fecom.WebConsole.Requests;

/// <summary>
/// Moments for what open pages do again by themselves. They all begin at the same tick, and what they read and draw would take the
/// processor from the answers to visitors if it came at once.
/// </summary>
/// <param name="time">Now.</param>
/// <param name="gap">From one turn to the next; the longer the queue, the shorter it is.</param>
/// <param name="spread">Longer than any turn is waited for, however many wait.</param>
internal sealed class Turns(TimeProvider time, TimeSpan gap, TimeSpan spread)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _next;

    /// <summary>Takes the next turn and waits for it.</summary>
    /// <param name="cancellationToken">The turn is not wanted any more; nobody else gets it.</param>
    public Task NextAsync(CancellationToken cancellationToken = default)
    {
        TimeSpan wait = Take();
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }

    /// <summary>Takes the next turn.</summary>
    /// <returns>How long it is until then.</returns>
    internal TimeSpan Take()
    {
        lock (_lock)
        {
            TimeSpan now = time.GetElapsedTime(_start);
            TimeSpan turn = _next > now ? _next : now;
            TimeSpan wait = turn - now;
            _next = turn + (gap * (1 - (wait / spread)));
            return wait;
        }
    }
}
