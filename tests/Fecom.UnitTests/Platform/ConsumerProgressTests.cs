using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class ConsumerProgressTests
{
    private static readonly TopicEndpointDefinition Slow = new() { Name = "slow", Topic = "topic" };
    private static readonly TopicEndpointDefinition Quick = new() { Name = "quick", Topic = "topic" };

    [Fact(Timeout = 30_000)]
    public async Task ReachAsync_WhenTheEndpointMovesFarEnough_Completes()
    {
        ConsumerProgress progress = new([Slow, Quick]);
        progress.Begin(Slow, 0, 0);
        progress.Begin(Quick, 0, 0);
        Task asked = progress.NextAsked;
        Task reached = progress.ReachAsync(Slow, "topic", [10], () => { }, TestContext.Current.CancellationToken);
        Assert.True(progress.IsAwaited(Slow));
        Assert.True(asked.IsCompleted);
        Assert.False(progress.IsAwaited(Quick));

        progress.Report(Quick, 0, 10);
        progress.Report(Slow, 0, 9);
        Assert.False(reached.IsCompleted);

        progress.Report(Slow, 0, 10);
        await reached;
        Assert.False(progress.IsAwaited(Slow));
        Task next = progress.NextAsked;
        await progress.ReachAsync(Slow, "topic", [10], () => { }, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReachAsync_WhenTheTopicWasMadeAgain_EndsInItsException()
    {
        ConsumerProgress progress = new([Slow]);
        bool isGone = false;
        progress.Begin(Slow, 0, 5);
        Task reached = progress.ReachAsync(Slow, "topic", [10], RequireLog, TestContext.Current.CancellationToken);
        Assert.False(reached.IsCompleted);

        isGone = true;
        progress.Begin(Slow, 0, 0);

        await Assert.ThrowsAsync<TopicRecreatedException>(() => reached);
        Assert.False(progress.IsAwaited(Slow));

        void RequireLog()
        {
            if (isGone)
            {
                throw new TopicRecreatedException("topic");
            }
        }
    }
}
