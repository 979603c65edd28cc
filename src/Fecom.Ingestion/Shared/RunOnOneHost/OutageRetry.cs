using Fecom.Platform.Failures;
using Fecom.Platform.Retries;

namespace Fecom.Ingestion.Shared.RunOnOneHost;

/// <summary>Retries a source's step for as long as a server is unavailable, and reports why it waits.</summary>
internal sealed class OutageRetry
{
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _time;
    private readonly Action<string?> _report;
    private readonly RetryLoop _retry;

    /// <param name="time">Measures the waits.</param>
    /// <param name="report">Called with the reason when it waits, and with null when it continues.</param>
    public OutageRetry(TimeProvider time, Action<string?> report)
    {
        (_time, _report) = (time, report);
        _retry = new RetryLoop(RetrySchedule.Source, time)
        {
            Failed = (failure, _) =>
            {
                report(FailureText.Of(failure));
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <param name="waitingFor">What to report while an attempt neither fails nor ends.</param>
    /// <param name="attempt">The step; must be idempotent.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RunAsync(
        string waitingFor,
        Func<CancellationToken, Task> attempt,
        CancellationToken cancellationToken
    )
    {
        await _retry.RunAsync(token => WatchAsync(waitingFor, attempt(token), token), cancellationToken);
        _report(null);
    }

    private async Task WatchAsync(string waitingFor, Task attempt, CancellationToken cancellationToken)
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (
            await Task.WhenAny(attempt, Task.Delay(Stalled, _time, done.Token)) != attempt
            && !cancellationToken.IsCancellationRequested
        )
        {
            _report($"Waiting for {waitingFor}.");
        }

        await done.CancelAsync();
        await attempt;
    }
}
