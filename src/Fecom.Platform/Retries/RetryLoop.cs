using Fecom.Platform.Messaging;
using Polly;
using Polly.Retry;

namespace Fecom.Platform.Retries;

/// <summary>Retries a piece of work for as long as waiting can help: Polly's retry with the delays of a schedule.</summary>
/// <param name="schedule">The delays, and when to give up.</param>
/// <param name="time">Measures the waits.</param>
public sealed class RetryLoop(RetrySchedule schedule, TimeProvider time)
{
    private static readonly ResiliencePropertyKey<long> Began = new("began");

    private ResiliencePipeline? _pipeline;
    private int _failuresBefore;
    private bool _startsOver;

    /// <summary>Whether waiting can help against a failure. By default when it is an <see cref="Outage"/>.</summary>
    public Func<Exception, bool> Helps { get; init; } = Outage.Is;

    /// <summary>The delay that the failed server asks for; null when it asks for none.</summary>
    public Func<Exception, TimeSpan?>? Asked { get; init; }

    /// <summary>Called before each delay, with the failure and the delay's length.</summary>
    public Func<Exception, TimeSpan, ValueTask>? Failed { get; init; }

    /// <summary>Replaces the plain delay, where something is to be done during it or it may end early. Must end when the token is cancelled.</summary>
    public Func<TimeSpan, CancellationToken, ValueTask>? Spend { get; init; }

    /// <summary>Runs the work until it succeeds, fails for another reason, or is given up.</summary>
    /// <param name="work">Must be idempotent.</param>
    /// <param name="cancellationToken">Cancels a delay as well as an attempt.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
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

    /// <summary>The same on the caller's thread, with <see cref="Failed"/> and <see cref="Spend"/> on it too; both must have ended when they return.</summary>
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

    /// <summary>The running attempt has made progress: if it fails later, the delays start from the first again.</summary>
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

    /// <returns>The delay that is left for Polly.</returns>
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
