using Fecom.Learning.Boosting;
using Xunit;

namespace Fecom.UnitTests.Learning.Boosting;

public sealed class LightGbmTrainingTests
{
    [Fact]
    public async Task Run_BySeveralAtOnce_TrainsOneAtATime()
    {
        int running = 0;
        int max = 0;
        await Parallel.ForAsync(
            0,
            8,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 8,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            (_, cancellationToken) =>
            {
                LightGbmTraining.Run(
                    () =>
                    {
                        max = Math.Max(max, Interlocked.Increment(ref running));
                        for (int i = 0; i < 100; i++)
                        {
                            Thread.Yield();
                        }

                        return Interlocked.Decrement(ref running);
                    },
                    cancellationToken
                );
                return ValueTask.CompletedTask;
            }
        );
        Assert.Equal(1, max);
    }
}
