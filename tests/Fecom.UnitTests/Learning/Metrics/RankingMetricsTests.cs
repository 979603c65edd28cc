using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

public sealed class RankingMetricsTests
{
    private static readonly int[] Ranks = [1, 2, 5, 0];

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(2, 0.5)]
    [InlineData(5, 0.75)]
    [InlineData(20, 0.75)]
    public void HitRate_CountsCasesWithinTheFirstK(int k, double expected) =>
        Assert.Equal(expected, HitRate.At(Ranks, k), 12);

    [Theory]
    [InlineData(1, 1.0 / 4)]
    [InlineData(2, 1.5 / 4)]
    [InlineData(5, 1.7 / 4)]
    public void MeanReciprocalRank_AveragesOneOverThePlace(int k, double expected) =>
        Assert.Equal(expected, MeanReciprocalRank.At(Ranks, k), 12);

    [Fact]
    public void Both_WhenThereAreNoCases_AreNotANumber()
    {
        Assert.True(double.IsNaN(HitRate.At([], 20)));
        Assert.True(double.IsNaN(MeanReciprocalRank.At([], 20)));
    }
}
