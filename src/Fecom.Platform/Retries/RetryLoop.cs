using Fecom.Platform.Messaging;
using Polly;
using Polly.Retry;

namespace Fecom.Platform.Retries;

/// <summary>Tries a piece of work again for as long as waiting can help: Polly's retry with the waits of a schedule.</summary>
/// <param name="schedule">How long the waits are, and when it gives up.</param>
/// <param name="time">Measures the waits.</param>
public sealed class RetryLoop(RetrySchedule schedule, TimeProvider time)
{
    private static readonly ResiliencePropertyKey<long> Began = new("began");

    private ResiliencePipeline? _pipeline;
    private int _failuresBefore;
    private bool _startsOver;

    /// <summary>Whether waiting can help against a failure. By default when it is an <see cref="Outage"/>.</summary>
    public Func<Exception, bool> Helps { get; init; } = Outage.Is;

    /// <summary>How long the server that failed asks to wait; null when it does not say.</summary>
    public Func<Exception, TimeSpan?>? Asked { get; init; }

    /// <summary>Told of a failure that is waited out, before the wait and with its length.</summary>
    public Func<Exception, TimeSpan, ValueTask>? Failed { get; init; }

    /// <summary>Spends the wait, where it has to do more than pass or may end early. Must end when the token is cancelled.</summary>
    public Func<TimeSpan, CancellationToken, ValueTask>? Spend { get; init; }

    /// <summary>Runs the work until it succeeds, fails for another reason, or is given up.</summary>
    /// <param name="work">Must be harmless when repeated.</param>
    /// <param name="cancellationToken">Gives up, in a wait as in an attempt.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        ResilienceContext context = Context(cancellationToken);
        try
        {
            await Pipeline.ExecuteAsync(
                static async (attempt, run) => await run(attempt.CancellationToken),
                context,
                work
            );
        }
        catch (Exception e)
            when (cancellationToken.IsCancellationRequested && e is not OperationCanceledException && Helps(e))
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>The same on the caller's own thread, with <see cref="Failed"/> and <see cref="Spend"/> on it too; both must have ended when they return.</summary>
    public void Run(Action work, CancellationToken cancellationToken = default)
    {
        ResilienceContext context = Context(cancellationToken);
        try
        {
            Pipeline.Execute(static (_, run) => run(), context, work);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>The attempt that runs now has got somewhere: should it fail later, that failure is a first one again.</summary>
    public void StartOver() => Volatile.Write(ref _startsOver, true);

    private ResiliencePipeline Pipeline => _pipeline ??= Build();

    private ResilienceContext Context(CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Began, time.GetTimestamp());
        return context;
    }

    private ResiliencePipeline Build() =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = int.MaxValue,
                    ShouldHandle = attempt =>
                        ValueTask.FromResult(
                            attempt.Outcome.Exception is { } failure && !IsOver(attempt.Context) && Helps(failure)
                        ),
                    DelayGenerator = attempt =>
                        WaitAsync(attempt.Outcome.Exception!, attempt.AttemptNumber, attempt.Context.CancellationToken),
                }
            )
            .Build();

    private bool IsOver(ResilienceContext context) =>
        context.CancellationToken.IsCancellationRequested
        || (
            schedule.GiveUpAfter is { } timeout && time.GetElapsedTime(context.Properties.GetValue(Began, 0)) >= timeout
        );

    /// <returns>What is left for Polly to wait.</returns>
    private async ValueTask<TimeSpan?> WaitAsync(Exception failure, int attempt, CancellationToken cancellationToken)
    {
        if (attempt == 0 || Interlocked.Exchange(ref _startsOver, false))
        {
            _failuresBefore = attempt;
        }

        TimeSpan wait = schedule.Wait(attempt - _failuresBefore + 1, Asked?.Invoke(failure));
        if (Failed is not null)
        {
            await Failed(failure, wait);
        }

        if (Spend is null)
        {
            return wait;
        }

        await Spend(wait, cancellationToken);
        return TimeSpan.Zero;
    }
}
