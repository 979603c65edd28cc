using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class PurchaseDataSetTests
{
    [Fact]
    public void Build_LabelsAProductThatIsBoughtLaterInItsSession()
    {
        PurchaseDataSet data = BuildAround([
            Events.Of(BehaviorEventType.View, "a", 0, price: 1m),
            Events.Of(BehaviorEventType.Cart, "b", 1, price: 2m),
            Events.Of(BehaviorEventType.Purchase, "c", 2, price: 3m),
            Events.Of(BehaviorEventType.Purchase, "a", 3, price: 1m),
            Events.Of(BehaviorEventType.View, "c", 4, price: 3m),
            Events.Of(BehaviorEventType.View, "d", 5, price: 4m),
        ]);

        Assert.Equal(PurchaseCandidate.FirstTouch, data.Candidate);
        Assert.Equal([(1m, 1, true), (2m, 2, false), (4m, 6, false)], Marked(data));
    }

    [Fact]
    public void Build_WhenCartsAreEnough_TakesTheFirstCartOfEachProduct()
    {
        PurchaseDataSetBuilder builder = new();
        foreach (PurchaseEvent[] session in GeneratedSessions.Of(1_000, 1, BehaviorEventType.Cart))
        {
            builder.AddSession(session);
        }

        builder.AddSession(
            PurchaseEvent.OfSession([
                Events.Of(BehaviorEventType.View, "a", 0, brand: "marked", price: 1m),
                Events.Of(BehaviorEventType.Cart, "a", 1, brand: "marked", price: 2m),
                Events.Of(BehaviorEventType.Cart, "a", 2, brand: "marked", price: 3m),
                Events.Of(BehaviorEventType.Purchase, "a", 3, brand: "marked", price: 4m),
            ])
        );
        PurchaseDataSet data = builder.Build();

        Assert.Equal(PurchaseCandidate.FirstCart, data.Candidate);
        Assert.Equal([(2m, 2, true)], Marked(data));
    }

    [Fact]
    public void Build_WhenACandidateArrivedLate_LeavesItOut()
    {
        PurchaseDataSet data = BuildAround([
            Events.Of(BehaviorEventType.View, "a", 10, price: 1m),
            Events.Of(BehaviorEventType.View, "b", 5, price: 2m),
            Events.Of(BehaviorEventType.View, "b", 11, price: 2m),
        ]);

        Assert.Equal([(1m, 1, false)], Marked(data));
    }

    [Fact]
    public void Build_WhenThePurchaseIsAtTheSameMoment_GoesByArrival()
    {
        PurchaseDataSet data = BuildAround([
            Events.Of(BehaviorEventType.Cart, "a", 0, price: 1m),
            Events.Of(BehaviorEventType.Purchase, "a", 0, price: 1m),
            Events.Of(BehaviorEventType.Purchase, "b", 0, price: 2m),
            Events.Of(BehaviorEventType.Cart, "b", 0, price: 2m),
        ]);

        Assert.Equal([(1m, 1, true)], Marked(data));
    }

    [Fact]
    public void Build_SplitsByTimeWithoutASessionInTwoParts()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(2_000);

        Assert.InRange(data.Validation.Count / (double)(data.Train.Count + data.Validation.Count), 0.19, 0.21);
        Assert.InRange(data.Stop.Count / (double)data.Train.Count, 0.11, 0.14);
        Assert.Equal(data.Train.Count, data.Fit.Count + data.Stop.Count);
    }

    [Fact]
    public void Build_WhenASessionMayStillGoOn_LeavesItOut()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(2_000);
        int rows = data.Train.Count + data.Validation.Count;

        // A session a minute: those of the last half hour are open.
        Assert.InRange(2_000 - rows, 29, 31);
    }

    [Fact]
    public void Build_WhenThereIsTooLittle_SaysWhatIsNeeded()
    {
        Assert.Throws<InsufficientDataException>(() => new PurchaseDataSetBuilder().Build());
        PurchaseDataSetBuilder builder = new();
        builder.AddSession(
            PurchaseEvent.OfSession([
                Events.Of(BehaviorEventType.Cart, "a"),
                Events.Of(BehaviorEventType.Purchase, "a", 1),
            ])
        );

        InsufficientDataException thrown = Assert.Throws<InsufficientDataException>(builder.Build);
        Assert.Contains("at least 30 bought", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>The oldest session is the one under test, marked by its brand; the others make up the numbers.</summary>
    private static PurchaseDataSet BuildAround(BehaviorEvent[] events)
    {
        PurchaseDataSetBuilder builder = new();
        builder.AddSession(
            PurchaseEvent.OfSession([
                .. events.Select(e => e with { Brand = "marked", EventTime = e.EventTime.AddMinutes(-1) }),
            ])
        );
        foreach (PurchaseEvent[] session in GeneratedSessions.Of(500, 1, BehaviorEventType.View))
        {
            builder.AddSession(session);
        }

        return builder.Build();
    }

    private static IEnumerable<(decimal Price, int ActivityCount, bool IsPurchased)> Marked(PurchaseDataSet data) =>
        data
            .Train.Concat(data.Validation)
            .Where(row => row.Features.Brand == "marked")
            .Select(row => (row.Features.Price, row.Features.ActivityCount, row.IsPurchased))
            .Order();
}
