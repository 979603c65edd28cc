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
        PurchaseDataSet data = GeneratedSessions.Build([
            .. Marked([
                Events.Of(BehaviorEventType.View, "a", 0, price: 1m),
                Events.Of(BehaviorEventType.Cart, "a", 1, price: 2m),
                Events.Of(BehaviorEventType.Cart, "a", 2, price: 3m),
                Events.Of(BehaviorEventType.Cart, "b", 3, price: 5m),
                Events.Of(BehaviorEventType.Purchase, "a", 3, price: 4m),
            ]),
            .. GeneratedSessions.Of(1_000, 1, BehaviorEventType.Cart),
        ]);

        Assert.Equal(PurchaseCandidate.FirstCart, data.Candidate);
        Assert.Equal([(2m, 2, true), (5m, 4, false)], Marked(data));
        Assert.Equal(
            [1, PurchaseRow.LaterWeight],
            data.Train.Where(row => row.Features.Original.Brand == "marked").Select(row => row.Weight)
        );
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
    public void Build_WhenThePurchaseIsAtTheSameMoment_GoesByArrivalAndLooksAtNothingBehindTheRow()
    {
        PurchaseDataSet data = BuildAround([
            Events.Of(BehaviorEventType.Cart, "a", 0, price: 1m),
            Events.Of(BehaviorEventType.Purchase, "a", 0, price: 1m),
            Events.Of(BehaviorEventType.Purchase, "b", 0, price: 2m),
            Events.Of(BehaviorEventType.Cart, "b", 0, price: 2m),
        ]);

        Assert.Equal([(1m, 1, true)], Marked(data));
        PurchaseRow row = data.Train.Single(row => row.Features.Original.Brand == "marked");
        Assert.Equal(0f, row.Features.ValueOf("session_purchases"));
    }

    [Fact]
    public void Build_WithAHorizon_CountsPurchasesOfTheVisitorsOtherSessions()
    {
        BehaviorEvent[] events =
        [
            .. Marked([Events.Of(BehaviorEventType.View, "a", 0, price: 1m)]),
            Events.Of(BehaviorEventType.Purchase, "a", 3_600, session: "later"),
            .. GeneratedSessions.Of(1_000, 1, BehaviorEventType.View).Select(Later),
        ];

        Assert.Equal([(1m, 1, false)], Marked(GeneratedSessions.Build(events)));
        Assert.Equal([(1m, 1, true)], Marked(GeneratedSessions.Build(events, TimeSpan.FromHours(2))));
        Assert.Equal([(1m, 1, false)], Marked(GeneratedSessions.Build(events, TimeSpan.FromMinutes(30))));

        static BehaviorEvent Later(BehaviorEvent e) => e with { EventTime = e.EventTime.AddHours(2) };
    }

    [Fact]
    public void Build_WithAHorizon_CountsNoPurchaseFromBeforeTheRowThatArrivedBehindIt()
    {
        BehaviorEvent[] events =
        [
            .. Marked([Events.Of(BehaviorEventType.View, "a", 300, price: 1m)]),
            Events.Of(BehaviorEventType.Purchase, "a", 0, session: "before"),
            .. GeneratedSessions.Of(1_000, 1, BehaviorEventType.View).Select(Later),
        ];

        Assert.Equal([(1m, 1, false)], Marked(GeneratedSessions.Build(events, TimeSpan.FromHours(2))));

        static BehaviorEvent Later(BehaviorEvent e) => e with { EventTime = e.EventTime.AddHours(3) };
    }

    [Fact]
    public void Build_SplitsByTimeWithoutASessionInTwoParts()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(2_000);

        Assert.InRange(data.Validation.Count / (double)(data.Train.Count + data.Validation.Count), 0.19, 0.21);
        Assert.Equal(PurchaseDataSet.FoldBorders.Count, data.Folds.Count);
        for (int i = 0; i < data.Folds.Count; i++)
        {
            int expected = (int)(PurchaseDataSet.FoldBorders[i] * data.Train.Count);
            Assert.InRange(data.Folds[i].Fit.Count, expected - 2, expected + 2);
        }

        Assert.Equal(data.Train.Count, data.Folds[^1].Fit.Count + data.Folds[^1].Stop.Count);
        Assert.Equal(data.Folds[1].Fit.Count, data.Folds[0].Fit.Count + data.Folds[0].Stop.Count);
    }

    /// <summary>A purchase a day after the border would otherwise tell the trees of what they are then measured on.</summary>
    [Fact]
    public void Build_WithAHorizon_LearnsFromNoLabelThatWasNotKnownWhenTheNextPartBegan()
    {
        PurchaseDataSet data = GeneratedSessions.Build(
            [.. GeneratedSessions.Of(2_000, 1, BehaviorEventType.Cart)],
            TimeSpan.FromHours(2)
        );

        // A session a minute: 120 lie within two hours before the newest event, before the validation, and before each fold.
        Assert.InRange(2_000 - data.Train.Count - data.Validation.Count, 239, 242);
        for (int i = 0; i < data.Folds.Count; i++)
        {
            int expected = (int)(PurchaseDataSet.FoldBorders[i] * data.Train.Count) - 120;
            Assert.InRange(data.Folds[i].Fit.Count, expected - 2, expected + 2);
        }
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
        Assert.Throws<InsufficientDataException>(() => GeneratedSessions.Build([]));

        InsufficientDataException thrown = Assert.Throws<InsufficientDataException>(() =>
            GeneratedSessions.Build([
                Events.Of(BehaviorEventType.Cart, "a"),
                Events.Of(BehaviorEventType.Purchase, "a", 1),
            ])
        );
        Assert.Contains("at least 30 bought", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>The oldest session is the one under test, marked by its brand; the others make up the numbers.</summary>
    private static PurchaseDataSet BuildAround(BehaviorEvent[] events) =>
        GeneratedSessions.Build([.. Marked(events), .. GeneratedSessions.Of(500, 1, BehaviorEventType.View)]);

    private static IEnumerable<BehaviorEvent> Marked(BehaviorEvent[] events) =>
        events.Select(e => e with { Brand = "marked", UserSession = "marked", EventTime = e.EventTime.AddMinutes(-1) });

    private static IEnumerable<(decimal Price, int ActivityCount, bool IsPurchased)> Marked(PurchaseDataSet data) =>
        data
            .Train.Concat(data.Validation)
            .Where(row => row.Features.Original.Brand == "marked")
            .Select(row => (row.Features.Original.Price, row.Features.Original.ActivityCount, row.IsPurchased))
            .Order();
}
