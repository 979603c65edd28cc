using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class SinkPartitionTests
{
    private static readonly DateTime Time = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Take_WhenOffsetOrPositionWasTakenBefore_HadIt()
    {
        SinkPartition partition = new SinkPartition(
            0,
            "log",
            nextOffset: 10,
            version: 4,
            new() { ["file:a"] = 7 },
            readBefore: 0
        ).Next("log");

        Assert.Equal(SinkTake.Duplicate, partition.Take(9, new MessageOrigin("file:b", 1, Time)));
        Assert.Equal(SinkTake.Duplicate, partition.Take(10, new MessageOrigin("file:a", 7, Time)));
        Assert.Equal(SinkTake.New, partition.Take(11, new MessageOrigin("file:a", 8, Time)));
        Assert.Equal(SinkTake.New, partition.Take(12, new MessageOrigin("api", 1, Time)));
        Assert.Equal(SinkTake.Duplicate, partition.Take(13, new MessageOrigin("api", 1, Time)));
        Assert.Equal((5, 14), (partition.Version, partition.NextOffset));
    }

    [Fact]
    public void Take_WhenTheSinkWasMovedBack_TakesAgainWhatItHadReadBefore()
    {
        SinkPartition partition = new SinkPartition(
            0,
            "log",
            nextOffset: 3,
            version: 4,
            new() { ["file:a"] = 7 },
            readBefore: 5
        ).Next("log");

        Assert.Equal(SinkTake.Reread, partition.Take(3, new MessageOrigin("file:a", 6, Time)));
        Assert.Equal(SinkTake.Reread, partition.Take(4, new MessageOrigin("file:a", 7, Time)));
        Assert.Equal(SinkTake.Duplicate, partition.Take(5, new MessageOrigin("file:a", 7, Time)));
        Assert.Equal(SinkTake.New, partition.Take(6, new MessageOrigin("file:a", 8, Time)));
    }

    [Fact]
    public void Next_WhenTheLogIsAnother_StartsAtZeroAndKeepsTheSources()
    {
        SinkPartition partition = new SinkPartition(
            0,
            "before",
            nextOffset: 1_000,
            version: 1,
            new() { ["file:a"] = 500 },
            readBefore: 0
        ).Next("after");

        Assert.Equal(SinkTake.Duplicate, partition.Take(0, new MessageOrigin("file:a", 500, Time)));
        Assert.Equal(SinkTake.New, partition.Take(1, new MessageOrigin("file:a", 501, Time)));
    }
}
