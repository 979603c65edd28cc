using Fecom.Platform.Retries;
using Xunit;

namespace Fecom.UnitTests.Platform;

/// <summary>Waiting and trying again, with a clock that the waits themselves move.</summary>
public sealed class RetryLoopTests
{
    private static readonly RetrySchedule Schedule = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    private readonly List<TimeSpan> _waits = [];
    private readonly WaitedTime _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, null, 0, 1)]
    [InlineData(1, null, 0.99999, 0.75)]
    [InlineData(3, null, 0, 4)]
    [InlineData(5, null, 0, 10)]
    [InlineData(2_000_000_000, null, 0.5, 8.75)]
    [InlineData(1, 5.0, 0, 5)]
    [InlineData(3, 2.0, 0, 4)]
    [InlineData(1, 3_600.0, 0, 10)]
    [InlineData(1, -5.0, 0, 1)]
    public void Wait_WhenFailuresAddUp_DoublesUpToTheMaximumAndHonoursWhatIsAskedFor(
        int failures,
        double? asked,
        double chance,
        double expected
    ) =>
        Assert.Equal(
            expected,
            Schedule.Wait(failures, asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null, chance).TotalSeconds,
            0.001
        );

    [Fact]
    public async Task RunAsync_WhenTheServerComesBack_HasTriedAgainWithGrowingWaits()
    {
        int attempts = 0;

        await New().RunAsync(_ => ++attempts < 5 ? throw new TimeoutException("away") : Task.CompletedTask, Cancelled);

        Assert.Equal(5, attempts);
        Assert.Equal(4, _waits.Count);
        Assert.All(
            _waits.Zip([1.0, 2, 4, 8]),
            wait => Assert.InRange(wait.First.TotalSeconds, 0.75 * wait.Second, wait.Second)
        );
    }

    [Fact]
    public async Task RunAsync_WhenAnAttemptHadGotSomewhere_WaitsAsAfterAFirstFailure()
    {
        int attempts = 0;
        RetryLoop? retry = null;
        retry = New();

        await retry.RunAsync(
            _ =>
            {
                if (++attempts == 4)
                {
                    retry.StartOver();
                }

                return attempts < 6 ? throw new TimeoutException("away") : Task.CompletedTask;
            },
            Cancelled
        );

        Assert.All(
            _waits.Zip([1.0, 2, 4, 1, 2]),
            wait => Assert.InRange(wait.First.TotalSeconds, 0.75 * wait.Second, wait.Second)
        );
    }

    [Fact]
    public async Task RunAsync_WhenWaitingCannotHelp_FailsAtOnce()
    {
        int attempts = 0;

        await Assert.ThrowsAsync<FormatException>(() =>
            New()
                .RunAsync(
                    _ => ++attempts > 0 ? throw new FormatException("a message's own fault") : Task.CompletedTask,
                    Cancelled
                )
        );

        Assert.Equal(1, attempts);
        Assert.Empty(_waits);
    }

    [Fact]
    public async Task RunAsync_WhenTheScheduleGivesUp_FailsWithTheLastReason()
    {
        RetryLoop retry = New(Schedule with { GiveUpAfter = TimeSpan.FromSeconds(60) });

        TimeoutException last = await Assert.ThrowsAsync<TimeoutException>(() =>
            retry.RunAsync(_ => throw new TimeoutException("still away"), Cancelled)
        );

        Assert.Equal("still away", last.Message);
        Assert.InRange(_waits.Sum(wait => wait.TotalSeconds), 60, 75);
    }

    [Fact]
    public async Task RunAsync_WhenCancelledInAWait_EndsThere()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        RetryLoop retry = new(
            Schedule with
            {
                First = TimeSpan.FromHours(1),
                MaxDelay = TimeSpan.FromHours(1),
            },
            TimeProvider.System
        )
        {
            Failed = (_, _) => new ValueTask(stop.CancelAsync()),
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            retry.RunAsync(_ => throw new TimeoutException("away"), stop.Token)
        );
    }

    [Fact]
    public async Task RunAsync_WhenCancelledDuringAnAttemptThatThenFails_IsCancelledUnlessItIsAFaultOfOurOwn()
    {
        async Task CancelAndFailAsync(Exception failure)
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            await New()
                .RunAsync(
                    async _ =>
                    {
                        await stop.CancelAsync();
                        throw failure;
                    },
                    stop.Token
                );
        }

        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            CancelAndFailAsync(new TimeoutException("away"))
        );
        Assert.IsType<TimeoutException>(cancelled.InnerException);
        await Assert.ThrowsAsync<FormatException>(() => CancelAndFailAsync(new FormatException("a fault")));
        Assert.Empty(_waits);
    }

    [Fact]
    public void Run_WhenItWaits_StaysOnTheCallersThreadAndLetsTheWaitEndIt()
    {
        HashSet<int> threads = [Environment.CurrentManagedThreadId];
        int attempts = 0;
        RetryLoop retry = new(Schedule, _time)
        {
            Failed = (_, _) =>
            {
                threads.Add(Environment.CurrentManagedThreadId);
                return ValueTask.CompletedTask;
            },
            Spend = (_, _) =>
            {
                threads.Add(Environment.CurrentManagedThreadId);
                return attempts < 3 ? ValueTask.CompletedTask : throw new OperationCanceledException("told to stop");
            },
        };

        Assert.Throws<OperationCanceledException>(() =>
            retry.Run(
                () =>
                {
                    threads.Add(Environment.CurrentManagedThreadId);
                    attempts++;
                    throw new TimeoutException("away");
                },
                Cancelled
            )
        );

        Assert.Equal(3, attempts);
        Assert.Single(threads);
    }

    private RetryLoop New(RetrySchedule? schedule = null) =>
        new(schedule ?? Schedule, _time)
        {
            Spend = (wait, _) =>
            {
                _waits.Add(wait);
                _time.Pass(wait);
                return ValueTask.CompletedTask;
            },
        };

    private sealed class WaitedTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;
    }
}
