using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

public sealed class BootstrapTests
{
    /// <summary>The share of 400 groups, half of which count: its standard error is .025, so 95 % lie within .049.</summary>
    [Fact]
    public void Of_OnAShare_HasTheIntervalOfTheNormalDistribution()
    {
        Estimate share = Bootstrap.Of(400, Share, seed: 1);

        Assert.Equal(0.5, share.Value);
        Assert.InRange(share.Lower, 0.44, 0.462);
        Assert.InRange(share.Upper, 0.538, 0.56);
        Assert.Equal(share, Bootstrap.Of(400, Share, seed: 1));
    }

    [Fact]
    public void Of_LeavesDrawsOutForWhichTheFigureIsNone()
    {
        Estimate estimate = Bootstrap.Of(2, counts => counts[0] == 0 ? double.NaN : counts[0], seed: 1);

        Assert.Equal(new Estimate(1, 1, 2), estimate);
    }

    [Fact]
    public void Of_WithoutGroups_IsNotANumber() => Assert.Equal(double.NaN, Bootstrap.Of(0, Share, seed: 1).Value);

    private static double Share(int[] counts) =>
        counts.Where((_, group) => group % 2 == 0).Sum() / (double)counts.Length;
}
