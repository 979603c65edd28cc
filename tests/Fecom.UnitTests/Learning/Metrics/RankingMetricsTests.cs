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

    [Theory]
    [InlineData(1, 1.0 / 4)]
    [InlineData(2, (1 + 0.6309297535714574) / 4)]
    [InlineData(5, (1 + 0.6309297535714574 + 0.38685280723454163) / 4)]
    public void NormalizedDiscountedGain_AveragesOneOverTheLogarithmOfThePlace(int k, double expected) =>
        Assert.Equal(expected, NormalizedDiscountedGain.At(Ranks, k), 12);

    /// <summary>Mean 0.5; residuals by group 0.5 + 0.5, -0.5, -0.5: squares 1.5, times 3 / 2, its root by 4 cases, times 1.96.</summary>
    [Fact]
    public void ClusteredMean_CountsGroups_NotCases()
    {
        Assert.Equal(1.96 * Math.Sqrt(1.5 * 1.5) / 4, ClusteredMean.HalfWidth([1, 1, 0, 0], [7, 7, 8, 9]), 12);
        Assert.Equal(1.96 * Math.Sqrt(4 / 3.0) / 4, ClusteredMean.HalfWidth([1, 1, 0, 0], [1, 2, 3, 4]), 12);
        Assert.True(double.IsNaN(ClusteredMean.HalfWidth([1, 0], [3, 3])));
    }

    [Fact]
    public void All_WhenThereAreNoCases_AreNotANumber()
    {
        Assert.True(double.IsNaN(NormalizedDiscountedGain.At([], 20)));
        Assert.True(double.IsNaN(HitRate.At([], 20)));
        Assert.True(double.IsNaN(MeanReciprocalRank.At([], 20)));
    }
}
