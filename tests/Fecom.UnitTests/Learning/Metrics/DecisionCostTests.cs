using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

public sealed class DecisionCostTests
{
    /// <summary>A miss costs four times as much as a false alarm, so whatever has a fifth or more is acted on: three rows, of which two come true; one is missed.</summary>
    [Fact]
    public void Of_ByHand()
    {
        DecisionCost cost = DecisionCost.Of(
            [0.9f, 0.25f, 0.21f, 0.19f, 0.1f],
            [true, false, true, true, false],
            falseAlarm: 1,
            miss: 4
        );

        Assert.Equal(0.2, cost.Threshold, 12);
        Assert.Equal(2.0 / 3, cost.Precision, 12);
        Assert.Equal(2.0 / 3, cost.Recall, 12);
        Assert.Equal((1 + 4) / 5.0, cost.CostPerRow, 12);
        Assert.Equal(12 / 5.0, cost.CostOfNone, 12);
        Assert.Equal(2 / 5.0, cost.CostOfAll, 12);
    }

    [Fact]
    public void Of_WhenNothingIsActedOn_HasNoPrecision()
    {
        DecisionCost cost = DecisionCost.Of([0.1f, 0.2f], [false, true], falseAlarm: 1, miss: 1);

        Assert.Equal(double.NaN, cost.Precision);
        Assert.Equal(0, cost.Recall);
        Assert.Equal(cost.CostOfNone, cost.CostPerRow);
    }

    [Fact]
    public void Of_WithoutRows_IsRefused() =>
        Assert.Throws<ArgumentException>(() => DecisionCost.Of([], [], falseAlarm: 1, miss: 1));
}
