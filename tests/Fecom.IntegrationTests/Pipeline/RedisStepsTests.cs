using Fecom.Features.StreamFeatures;
using Fecom.Platform.Storage;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Pipeline;

/// <summary>A write to Redis that takes several steps, with a Redis that forgets between two of them.</summary>
public sealed class RedisStepsTests
{
    private const int Partition = 3;

    [Fact(Timeout = 60_000)]
    public async Task A_write_beyond_a_gap_is_taken_and_counts_when_the_gap_is_filled()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString);
        RedisSteps steps = new(connection);
        string epoch = await steps.LookAsync();

        Assert.Equal(Applied.InOrder, await MoveAsync(steps, epoch, 0, 7));
        Assert.Equal(7, await AppliedAsync(steps));
        Assert.Equal(Applied.BeyondGap, await MoveAsync(steps, epoch, 9, 10));
        Assert.Equal(Applied.BeyondGap, await MoveAsync(steps, epoch, 10, 11));
        Assert.Equal(7, await AppliedAsync(steps));

        // Filled as far as the gap went, it has what was written beyond.
        Assert.True(await steps.FinishAsync(epoch, [KeyValuePair.Create(Partition, 9L)]));
        Assert.Equal(11, await AppliedAsync(steps));
        Assert.Equal(Applied.InOrder, await MoveAsync(steps, epoch, 11, 12));

        // Two gaps: only what follows the last one is remembered.
        Assert.Equal(Applied.BeyondGap, await MoveAsync(steps, epoch, 13, 14));
        Assert.Equal(Applied.BeyondGap, await MoveAsync(steps, epoch, 15, 16));
        Assert.True(await steps.FinishAsync(epoch, [KeyValuePair.Create(Partition, 13L)]));
        Assert.Equal(13, await AppliedAsync(steps));
        Assert.True(await steps.FinishAsync(epoch, [KeyValuePair.Create(Partition, 15L)]));
        Assert.Equal(16, await AppliedAsync(steps));

        // What is older than what is there moves nothing.
        Assert.Equal(Applied.InOrder, await MoveAsync(steps, epoch, 3, 4));
        Assert.Equal(16, await AppliedAsync(steps));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Redis_that_is_emptied_between_two_steps_takes_no_further_one()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString);
        RedisSteps steps = new(connection);
        string epoch = await steps.LookAsync();
        Assert.Equal(Applied.InOrder, await MoveAsync(steps, epoch, 0, 0));

        await redis.FlushAsync();

        Assert.Equal(Applied.OtherEpoch, await MoveAsync(steps, epoch, 0, 7));
        Assert.False(await steps.FinishAsync(epoch, [KeyValuePair.Create(Partition, 7L)]));
        Assert.NotEqual(epoch, await steps.LookAsync());
        Assert.Equal(0, await AppliedAsync(steps));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Redis_that_starts_from_an_older_snapshot_between_two_steps_takes_no_further_one()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString);
        RedisSteps steps = new(connection);
        string epoch = await steps.LookAsync();
        Assert.Equal(Applied.InOrder, await MoveAsync(steps, epoch, 0, 7));
        await redis.SaveAsync();
        Assert.Equal(Applied.InOrder, await MoveAsync(steps, epoch, 7, 9));

        await redis.KillAsync();
        await redis.StartServerAsync(fromSnapshot: true);

        string next = "";
        await Poll.UntilAsync(
            async () =>
            {
                try
                {
                    next = await steps.LookAsync();
                    return true;
                }
                catch (Exception e) when (Platform.Messaging.Outage.Is(e))
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(60),
            "the client did not connect again"
        );
        Assert.NotEqual(epoch, next);
        Assert.Equal(7, await AppliedAsync(steps));
        Assert.Equal(Applied.OtherEpoch, await MoveAsync(steps, epoch, 7, 8));
        Assert.Equal(Applied.InOrder, await MoveAsync(steps, next, 7, 8));
    }

    private static Task<Applied> MoveAsync(RedisSteps steps, string epoch, long before, long after) =>
        steps.ApplyAsync(epoch, [new PartitionMove(Partition, before, after)], (FeatureState[])[]);

    private static async Task<long> AppliedAsync(RedisSteps steps) =>
        (await steps.AppliedAsync()).GetValueOrDefault(Partition);
}
