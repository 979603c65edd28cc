using System.Diagnostics.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Serving.LogPredictions;
using Fecom.UnitTests.Learning;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class PredictionLogTests
{
    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.05, 500)]
    [InlineData(0.5, 5_000)]
    [InlineData(1.0, 10_000)]
    public void Samples_IsTheShareOfPredictions(double share, int expected)
    {
        PredictionLog log = Log(share);

        int sampled = Enumerable.Range(0, 10_000).Count(_ => log.Samples());

        Assert.InRange(sampled, expected - 2, expected + 2);
    }

    [Fact]
    public void Add_WhenTooManyWait_DropsAndCountsWithoutWaiting()
    {
        long dropped = 0;
        TestMeters meters = new();
        PredictionLog log = Log(1, meters);
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, me) =>
            {
                if (instrument.Name == "fecom.serving.predictions.dropped" && meters.Made.Contains(instrument.Meter))
                {
                    me.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => Interlocked.Add(ref dropped, measured));
        listener.Start();

        for (int i = 0; i < PredictionLog.Capacity + 7; i++)
        {
            log.Add(Prediction());
        }

        Assert.Equal(7, dropped);
        List<LoggedPrediction> batch = [];
        Assert.True(log.Take(batch, 1_000));
        Assert.Equal(1_000, batch.Count);
        Assert.True(log.Take(batch, int.MaxValue));
        Assert.Equal(PredictionLog.Capacity, batch.Count);
    }

    private static PredictionLog Log(double share, TestMeters? meters = null) =>
        new(Options.Create(new PredictionLogOptions { Share = share }), meters ?? new TestMeters());

    private static LoggedPrediction Prediction() =>
        new()
        {
            PredictedAt = Events.Start,
            At = Events.Start,
            Model = PurchaseModel.Kind,
            Version = 1,
            UserId = "u",
            UserSession = "s",
            ProductId = "p",
            Probability = 0.5f,
            IsValid = true,
            Features = PurchaseFeatures.Of(
                new SessionFeatures
                {
                    EventWeekday = 0,
                    ActivityCount = 1,
                    Price = 1,
                }
            ),
        };
}
