using Fecom.Features.StreamFeatures;
using Fecom.Platform.Storage;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Pipeline;

/// <summary>A write to Redis that takes several steps, with a Redis that forgets between two of them.</summary>
public sealed class RedisStepsTests
{
    private const int Partition = 3;

    [Fact(Timeout = 60_000)]
    public async Task A_write_goes_on_as_long_as_Redis_remembers_its_first_steps()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString);
        RedisSteps steps = new(connection);

        (string epoch, long applied) = await steps.LookAsync(Partition);

        Assert.Equal(0, applied);
        Assert.True(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 0, 0)], (FeatureState[])[]));
        Assert.True(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 0, 7)], (FeatureState[])[]));
        Assert.Equal((epoch, 7L), await steps.LookAsync(Partition));
        Assert.False(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 0, 1)], (FeatureState[])[]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Redis_that_is_emptied_between_two_steps_takes_no_further_one()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString);
        RedisSteps steps = new(connection);
        (string epoch, _) = await steps.LookAsync(Partition);
        Assert.True(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 0, 0)], (FeatureState[])[]));

        await redis.FlushAsync();

        Assert.False(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 0, 7)], (FeatureState[])[]));
        (string next, long applied) = await steps.LookAsync(Partition);
        Assert.NotEqual(epoch, next);
        Assert.Equal(0, applied);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Redis_that_starts_from_an_older_snapshot_between_two_steps_takes_no_further_one()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString);
        RedisSteps steps = new(connection);
        (string epoch, _) = await steps.LookAsync(Partition);
        Assert.True(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 0, 7)], (FeatureState[])[]));
        await redis.SaveAsync();
        Assert.True(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 7, 7)], (FeatureState[])[]));

        await redis.KillAsync();
        await redis.StartServerAsync(fromSnapshot: true);

        (string Epoch, long Applied) next = ("", 0);
        await Poll.UntilAsync(
            async () =>
            {
                try
                {
                    next = await steps.LookAsync(Partition);
                    return true;
                }
                catch (Exception e) when (Platform.Messaging.Outage.Is(e))
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(20),
            "the client did not connect again"
        );
        Assert.NotEqual(epoch, next.Epoch);
        Assert.Equal(7, next.Applied);
        Assert.False(await steps.ApplyAsync(epoch, [new PartitionMove(Partition, 7, 8)], (FeatureState[])[]));
        Assert.True(await steps.ApplyAsync(next.Epoch, [new PartitionMove(Partition, 7, 8)], (FeatureState[])[]));
    }
}
