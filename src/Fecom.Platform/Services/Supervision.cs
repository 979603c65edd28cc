using System.Collections.Concurrent;
using Fecom.Platform.Failures;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Services;

/// <summary>Restarts the host's background services after failures, and records which of them wait and why.</summary>
public sealed partial class Supervision(TimeProvider time, ILogger<Supervision> logger)
{
    /// <summary>An attempt that has run for so long counts as successful: the reason it waited for is cleared.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    private static readonly RetrySchedule Waits = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3));
    private static readonly RetrySchedule Faults = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private readonly ConcurrentDictionary<string, string> _reasons = new(StringComparer.Ordinal);

    /// <summary>The parts that wait now, each with its reason.</summary>
    public IReadOnlyDictionary<string, string> Waiting => _reasons;

    /// <summary>Records why a part waits; null when it no longer does.</summary>
    /// <param name="name">The part, for a person.</param>
    /// <param name="reason">What it waits for.</param>
    public void Report(string name, string? reason)
    {
        if (reason is null)
        {
            _reasons.TryRemove(name, out _);
        }
        else
        {
            _reasons[name] = reason;
        }
    }

    /// <summary>Runs a part, again after each failure, until it returns or the host stops.</summary>
    /// <param name="name">The part, for a person.</param>
    /// <param name="work">Its work, from the beginning.</param>
    /// <param name="stopping">The host stops.</param>
    public async Task KeepAsync(string name, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        RetryLoop? waits = null;
        RetryLoop? faults = null;
        waits = new RetryLoop(Waits, time) { Failed = (failure, _) => Waited(name, failure) };
        faults = new RetryLoop(Faults, time)
        {
            Helps = _ => !stopping.IsCancellationRequested,
            Failed = (failure, wait) => Fell(name, failure, wait),
        };
        try
        {
            await faults.RunAsync(
                token => waits.RunAsync(attempt => RunAsync(name, work, [waits, faults], attempt), token),
                stopping
            );
            Report(name, null);
        }
        catch (Exception e) when (stopping.IsCancellationRequested)
        {
            // The host stopped during an operation: the next one continues from what is stored.
            LogUnfinished(name, e.Message);
        }
    }

    private async Task RunAsync(
        string name,
        Func<CancellationToken, Task> work,
        RetryLoop[] loops,
        CancellationToken cancellationToken
    )
    {
        long start = time.GetTimestamp();
        using ITimer settled = time.CreateTimer(_ => Report(name, null), null, Settled, Timeout.InfiniteTimeSpan);
        try
        {
            await work(cancellationToken);
        }
        catch (Exception) when (time.GetElapsedTime(start) > Settled)
        {
            foreach (RetryLoop loop in loops)
            {
                loop.StartOver();
            }

            throw;
        }
    }

    private ValueTask Waited(string name, Exception failure)
    {
        string reason = FailureText.Of(failure);
        if (!_reasons.TryGetValue(name, out string? before) || before != reason)
        {
            LogWaits(name, reason);
        }

        Report(name, reason);
        return ValueTask.CompletedTask;
    }

    private ValueTask Fell(string name, Exception failure, TimeSpan wait)
    {
        LogFault(failure, name, wait.TotalSeconds);
        Report(name, $"it failed and begins again: {failure.Message}");
        return ValueTask.CompletedTask;
    }

    [LoggerMessage(LogLevel.Warning, "{Name} waits and goes on by itself: {Reason}")]
    private partial void LogWaits(string name, string reason);

    [LoggerMessage(LogLevel.Error, "{Name} has failed by a fault of Fecom's and begins again in {Seconds:0.#} s")]
    private partial void LogFault(Exception cause, string name, double seconds);

    [LoggerMessage(LogLevel.Debug, "{Name} stopped: {Reason}")]
    private partial void LogUnfinished(string name, string reason);
}
