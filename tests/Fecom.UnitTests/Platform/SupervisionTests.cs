using Fecom.Platform.Services;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Fecom.UnitTests.Platform;

/// <summary>Whatever fails in a part of the host, it begins again and says so.</summary>
public sealed class SupervisionTests
{
    private readonly Supervision _supervision = new(TimeProvider.System, NullLogger<Supervision>.Instance);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(typeof(TimeoutException), "away")]
    [InlineData(typeof(NullReferenceException), "it failed and begins again: away")]
    [InlineData(typeof(OperationCanceledException), "away")]
    public async Task KeepAsync_WhenTheWorkFails_BeginsItAgainAndTellsWhy(Type failure, string reason)
    {
        List<string?> told = [];
        int attempts = 0;

        await _supervision.KeepAsync(
            "the work",
            _ =>
            {
                told.Add(_supervision.Waiting.GetValueOrDefault("the work"));
                return ++attempts < 3
                    ? throw (Exception)Activator.CreateInstance(failure, "away")!
                    : Task.CompletedTask;
            },
            Cancelled
        );

        Assert.Equal([null, reason, reason], told);
        Assert.Empty(_supervision.Waiting);
    }

    [Fact]
    public async Task KeepAsync_WhenAnotherPartFails_GoesOn()
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        TaskCompletionSource fell = new();
        TaskCompletionSource done = new();
        Task failing = _supervision.KeepAsync(
            "failing",
            _ =>
            {
                fell.TrySetResult();
                throw new InvalidOperationException("a fault");
            },
            stopping.Token
        );
        Task other = _supervision.KeepAsync("other", done.Task.WaitAsync, stopping.Token);
        await fell.Task;

        done.SetResult();
        await other;
        Assert.False(failing.IsCompleted);
        await stopping.CancelAsync();
        await failing;
    }

    [Fact]
    public async Task KeepAsync_WhenTheHostStops_EndsWithoutAnError()
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task kept = _supervision.KeepAsync(
            "the work",
            token => Task.Delay(Timeout.InfiniteTimeSpan, token),
            stopping.Token
        );

        await stopping.CancelAsync();

        await kept;
    }
}
