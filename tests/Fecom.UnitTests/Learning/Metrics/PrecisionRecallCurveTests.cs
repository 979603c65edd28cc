using Fecom.Learning.Metrics;
using Xunit;

namespace Fecom.UnitTests.Learning.Metrics;

public sealed class PrecisionRecallCurveTests
{
    [Fact]
    public void Of_OnAHandWorkedExample_HasAPointWhereverRecallIsGained() =>
        // Descending: + - + + (the last two tie with a negative).
        Assert.Equal(
            [new PrecisionRecallPoint(0.75, 1, 1.0 / 3), new PrecisionRecallPoint(0.25, 3.0 / 5, 1)],
            PrecisionRecallCurve.Of([0.75f, 0.5f, 0.25f, 0.25f, 0.25f], [true, false, true, true, false])
        );

    [Fact]
    public void Of_WithoutAPositive_IsEmpty() => Assert.Empty(PrecisionRecallCurve.Of([0.5f, 0.25f], [false, false]));

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(100)]
    public void Of_ManyRows_IsThinnedEvenlyByRecallAndKeepsItsEnds(int maxPoints)
    {
        Random random = new(1);
        float[] scores = [.. Enumerable.Range(0, 5_000).Select(_ => random.NextSingle())];
        bool[] labels = Array.ConvertAll(scores, score => random.NextSingle() < score);

        IReadOnlyList<PrecisionRecallPoint> whole = PrecisionRecallCurve.Of(scores, labels, 5_000);
        IReadOnlyList<PrecisionRecallPoint> thinned = PrecisionRecallCurve.Of(scores, labels, maxPoints);

        Assert.Equal(maxPoints, thinned.Count);
        Assert.Equal((whole[0], whole[^1]), (thinned[0], thinned[^1]));
        Assert.Subset(whole.ToHashSet(), thinned.ToHashSet());
        Assert.All(
            thinned.Zip(thinned.Skip(1)),
            pair => Assert.InRange(pair.Second.Recall - pair.First.Recall, 0, 1.1 / (maxPoints - 1))
        );

        // The whole curve's area is the average precision.
        double area = 0;
        double recall = 0;
        foreach (PrecisionRecallPoint point in whole)
        {
            area += point.Precision * (point.Recall - recall);
            recall = point.Recall;
        }

        Assert.Equal(AveragePrecision.Of(scores, labels), area, 9);
    }
}
