using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class BatchTrailTests
{
    [Fact]
    public void Cut_WhenBatchesAreFew_LeavesTheLog()
    {
        BatchTrail trail = Of(batches: 31, messages: 3);

        Assert.Null(trail.Cut(taken: 93));
    }

    [Fact]
    public void Cut_WhenBatchesAreMany_KeepsTheNewest()
    {
        BatchTrail trail = Of(batches: 32, messages: 3);

        Assert.Equal(3 * 16, trail.Cut(taken: 96));
        Assert.Null(trail.Cut(taken: 96));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(29, null)]
    [InlineData(30, 30L)]
    [InlineData(45, 30L)]
    [InlineData(60, 60L)]
    public void Cut_WhenAReaderIsBehind_KeepsWhatItHasNotTaken(long taken, long? cut)
    {
        BatchTrail trail = Of(batches: 32, messages: 30);

        Assert.Equal(cut, trail.Cut(taken));
    }

    [Fact]
    public void Cut_WhenSomebodyElseHasAppended_CountsFromThere()
    {
        BatchTrail trail = Of(batches: 31, messages: 3);
        trail.Add(first: 400, messages: 3, bytes: 900);

        Assert.Null(trail.Cut(taken: 403));
    }

    [Fact]
    public void Cut_WhenTheLogMayHaveDroppedABatchItself_DoesNotNameIt()
    {
        // Some 20 of these are surely in the log: it may have dropped the others.
        BatchTrail trail = Of(batches: 500, messages: 200);

        Assert.Null(trail.Cut(taken: 100_000));
    }

    private static BatchTrail Of(int batches, int messages)
    {
        BatchTrail trail = new();
        for (int i = 0; i < batches; i++)
        {
            trail.Add(i * messages, messages, bytes: 300L * messages);
        }

        return trail;
    }
}
