using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.RunOnOneHost;

/// <summary>Tries again, with growing waits, for as long as a server is away; says what it waits for.</summary>
/// <param name="time">Measures the waits.</param>
/// <param name="report">Told the reason when it waits, and null when it has gone on.</param>
internal sealed class OutageRetry(TimeProvider time, Action<string?> report)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    /// <param name="waitingFor">What a call that neither fails nor ends is waiting for.</param>
    /// <param name="attempt">The call; must be harmless when repeated.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RunAsync(string waitingFor, Func<CancellationToken, Task> attempt, CancellationToken cancellationToken)
    {
        for (TimeSpan wait = FirstWait; ; wait = Longer(wait))
        {
            try
            {
                await WatchAsync(waitingFor, attempt(cancellationToken), cancellationToken);
                report(null);
                return;
            }
            catch (Exception e) when (Outage.Is(e) && !cancellationToken.IsCancellationRequested)
            {
                report(e.Message);
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private async Task WatchAsync(string waitingFor, Task attempt, CancellationToken cancellationToken)
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (await Task.WhenAny(attempt, Task.Delay(Stalled, time, done.Token)) != attempt && !cancellationToken.IsCancellationRequested)
        {
            report($"Waiting for {waitingFor}.");
        }

        await done.CancelAsync();
        await attempt;
    }

    private static TimeSpan Longer(TimeSpan wait) => wait * 2 < LongestWait ? wait * 2 : LongestWait;
}
