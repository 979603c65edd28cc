using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class PurchaseComparisonTests
{
    private static readonly bool[] Labels = [.. Enumerable.Range(0, 300).Select(i => i % 5 == 0)];

    /// <summary>Knows a part of what is bought; and says .2 of everything.</summary>
    private static readonly float[] Good = [.. Labels.Select((bought, i) => bought && i % 2 == 0 ? 0.7f : 0.12f)];

    private static readonly float[] Flat = [.. Labels.Select(_ => 0.2f)];

    [Fact]
    public void Of_IsTheDifferenceOfTheMetrics_AndSaysWhatIsSure()
    {
        PurchaseComparison better = Of(Good, Flat, repeat: 1);
        PurchaseComparison worse = Of(Flat, Good, repeat: 1);

        Assert.Equal(AveragePrecision.Of(Good, Labels) - AveragePrecision.Of(Flat, Labels), better.PrAucGain.Value, 12);
        Assert.Equal(
            Calibration.Of(Good, Labels).ExpectedError - Calibration.Of(Flat, Labels).ExpectedError,
            better.CalibrationLoss.Value,
            9
        );
        Assert.True(better.PrAucGain.Lower > 0.1, $"{better.PrAucGain}");
        Assert.True(worse.PrAucGain.Upper < -0.1, $"{worse.PrAucGain}");
        Assert.Equal(default, Of(Good, Good, repeat: 1).PrAucGain);
    }

    /// <summary>A session with its rows ten times is no surer than with them once.</summary>
    [Fact]
    public void Of_DrawsSessions_NotRows()
    {
        Estimate once = Of(Good, Flat, repeat: 1).PrAucGain;
        Estimate often = Of(Good, Flat, repeat: 10).PrAucGain;

        Assert.Equal(once.Lower, often.Lower, 9);
        Assert.Equal(once.Upper, often.Upper, 9);
    }

    private static PurchaseComparison Of(float[] model, float[] other, int repeat) =>
        PurchaseComparison.Of(
            Repeat(model, repeat),
            Repeat(other, repeat),
            [.. Repeat(Labels, repeat).Select(bought => new PurchaseRow(default, bought))],
            Repeat([.. Enumerable.Range(0, Labels.Length)], repeat),
            seed: 3
        );

    private static T[] Repeat<T>(T[] values, int times) =>
        [.. values.SelectMany(value => Enumerable.Repeat(value, times))];
}
