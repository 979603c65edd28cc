using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class HistoricalFeaturesTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone(
        "shop",
        TimeSpan.FromHours(5.5),
        "shop",
        "shop"
    );

    [Fact]
    public void Rows_WhenReadAtAnotherMoment_SeeWhatWasKnownThenAndSpeakOfThat()
    {
        DateTime start = Events.Start;
        BehaviorEvent[] events =
        [
            Events.Of(BehaviorEventType.Cart, "p", price: 10m, id: 1),
            Events.Of(BehaviorEventType.View, "p", seconds: 60, price: 20m, id: 2),
            Events.Of(BehaviorEventType.View, "p", seconds: 90, price: 30m, id: 3),
        ];
        EntityKeys keys = new("u1", "s1", "p");
        List<(double Views, double Hour)> read = [];
        HistoricalFeatures features = new(
            [
                new EntityRow(keys, start.AddSeconds(70), ReadAt: start.AddHours(5)),
                new EntityRow(keys, start.AddSeconds(70)),
            ],
            [],
            TimeZoneInfo.Utc,
            (_, values) =>
            {
                FeatureValue[] row = values.ToArray();
                read.Add((Of("session_views"), Math.Round(Of("hour"), 6)));

                double Of(string name) =>
                    row[CartFeatures.Features.Select(feature => feature.Name).ToList().IndexOf(name)].ToDouble();
            }
        );

        Array.ForEach(events, e => features.Take(e, e.EventTime));
        features.Complete();

        Assert.Equal([(1, 5), (1, Math.Round(70 / 3_600.0, 6))], read);
    }

    [Fact]
    public void Rows_AreWhatStatesSteppedOnlineToTheSameMomentSay() =>
        Prop.ForAll(
                History(),
                history =>
                {
                    string[][] rows = Replay(history.Events, history.Rows);
                    Assert.All(
                        history.Rows.Zip(rows),
                        row => Assert.Equal(Online(history.Events, row.First), row.Second)
                    );
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Rows_WhenAnEventBecomesKnownLater_DoNotChange() =>
        Prop.ForAll(
                History(),
                Gen.Choose(0, 1_000_000).ToArbitrary(),
                (history, seed) =>
                {
                    Random random = new(seed);
                    Known planted = history.Events[random.Next(history.Events.Length)];
                    DateTime knownAt = planted.At.AddSeconds(random.Next(1, 4_000));
                    Known[] withPlanted =
                    [
                        .. history
                            .Events.Append(
                                new Known(planted.Event with { Price = 999, ProductId = "planted" }, knownAt)
                            )
                            .Append(new Known(planted.Event with { Price = 999 }, knownAt))
                            .OrderBy(known => known.At),
                    ];

                    string[][] rows = Replay(history.Events, history.Rows);
                    string[][] again = Replay(withPlanted, history.Rows);

                    int before = history.Rows.Count(row => row.At < knownAt);
                    Assert.Equal(rows[..before], again[..before]);
                }
            )
            .QuickCheckThrowOnFailure();

    /// <summary>A set is built as of a moment: events received later are left out, though a file's count as known when they happened.</summary>
    [Fact]
    public void Rows_AsOfAMoment_AreTheSameAfterABackfill() =>
        Prop.ForAll(
                History(),
                Gen.Choose(0, 1_000_000).ToArbitrary(),
                (history, seed) =>
                {
                    BehaviorEvent[] live = [.. history.Events.Select(e => e.Event with { ReceivedAt = e.At })];
                    DateTime asOf = live.Max(e => e.ReceivedAt);
                    IEnumerable<BehaviorEvent> backfill = live.Take(20)
                        .Select(e => e with { Source = "file:old.csv@1", Price = 77, ReceivedAt = asOf.AddTicks(1) });
                    BehaviorEvent[] stored = SomeEvents.Shuffle([.. live, .. backfill], new Random(seed));

                    string[][] rows = Replay(AsOf(asOf, live), history.Rows);

                    Assert.Equal(rows, Replay(AsOf(asOf, stored), history.Rows));
                    Assert.Equal(
                        20.0 > live.Length ? live.Length : 20,
                        AsOf(asOf.AddTicks(1), stored).Length - live.Length
                    );
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void KnownAt_IsTheTimeOfReceiptOfLiveEventsAndTheEventTimeOfLoadedOnes()
    {
        BehaviorEvent e = Events.Of(BehaviorEventType.View, "p", -10);

        Assert.Equal(e.ReceivedAt, HistoricalFeatures.KnownAt(e with { Source = "api" }));
        Assert.Equal(e.EventTime, HistoricalFeatures.KnownAt(e with { Source = BehaviorEvent.SampleSource }));
    }

    [Fact]
    public void Take_WhenAnEventIsLate_IsSeenByRowsAfterItsArrivalAlone()
    {
        BehaviorEvent late = Events.Of(BehaviorEventType.Cart, "p", 0);
        DateTime arrival = Events.Start.AddHours(1);
        EntityKeys keys = new("u1", "s1", "p");

        string[][] rows = Replay(
            [new(late, arrival)],
            [new(keys, arrival.AddTicks(-1)), new(keys, arrival), new(keys, arrival.AddDays(1))],
            [FeatureViews.Session],
            withCart: false
        );

        int cartCount = FeatureViews.Session.Features.Select(feature => feature.Name).ToList().IndexOf("cart_count");
        Assert.Equal(["0", "1", "1"], rows.Select(row => row[cartCount]));
    }

    [Fact]
    public void Take_WhenTheOrderIsBroken_SaysSo()
    {
        HistoricalFeatures history = new([], FeatureViews.All, null, (_, _) => { });
        history.Take(Events.Of(BehaviorEventType.View, "p"), Events.Start);

        Assert.Throws<ArgumentException>(() =>
            history.Take(Events.Of(BehaviorEventType.View, "p"), Events.Start.AddTicks(-1))
        );
    }

    [Fact]
    public void Columns_HaveNamesOfTheirOwn()
    {
        IReadOnlyList<HistoricalColumn> columns = HistoricalFeatures.ColumnsOf(FeatureViews.All, withCart: true);

        Assert.Equal(columns.Count, columns.Select(column => column.Name).Distinct().Count());
    }

    private static string[][] Replay(
        Known[] events,
        EntityRow[] rows,
        IReadOnlyList<FeatureView>? views = null,
        bool withCart = true
    )
    {
        string[][] answers = new string[rows.Length][];
        HistoricalFeatures history = new(
            rows,
            views ?? FeatureViews.All,
            withCart ? Zone : null,
            (row, values) => answers[row] = Array.ConvertAll(values.ToArray(), value => value.ToString())
        );
        foreach (Known known in events)
        {
            history.Take(known.Event, known.At);
        }

        history.Complete();
        return answers;
    }

    /// <summary>Every event that was known, stepped in another order, and packed as the online store has it.</summary>
    private static string[] Online(Known[] events, EntityRow row)
    {
        BehaviorEvent[] known = [.. events.Where(e => e.At <= row.At).Select(e => e.Event).Reverse()];
        ProductState? product = (ProductState?)StateOf(FeatureViews.Product, row.Keys.ProductId, known);
        EntityKeys keys = row.Keys with { CategoryId = product?.Newest.CategoryId, Brand = product?.Newest.Brand };
        Dictionary<string, EntityState?> states = FeatureViews.All.ToDictionary(
            view => view.Name,
            view => StateOf(view, view.EntityOf(keys), known)
        );
        List<FeatureValue> values = [];
        foreach (FeatureView view in FeatureViews.All)
        {
            values.AddRange(
                states[view.Name] is { } state
                    ? FeatureViewTests.ValuesOf(view, state, row.At)
                    : view.Features.Select(feature => feature.Default)
            );
        }

        FeatureValue[] cart = new FeatureValue[CartFeatures.Features.Count];
        CartFeatures.Read(
            new CartMoment
            {
                ProductId = keys.ProductId!,
                UserSession = keys.UserSession,
                At = row.At,
                Zone = Zone,
                Session = (SessionState?)states["session"],
                User = (UserState?)states["user"],
                Product = product,
                Category = (CategoryState?)states["category"],
                Brand = (BrandState?)states["brand"],
                Shop = (ShopState?)states["shop"],
            },
            cart
        );
        return [.. values.Concat(cart).Select(value => value.ToString())];
    }

    private static EntityState? StateOf(FeatureView view, string? entity, BehaviorEvent[] events)
    {
        BehaviorEvent[] own = [.. events.Where(e => view.EntityOf(e) is { } of && of == entity)];
        return own.Length == 0 ? null : view.Unpack(FeatureViewTests.After(view, own).Pack(1));
    }

    private static Arbitrary<(Known[] Events, EntityRow[] Rows)> History()
    {
        Gen<(Known[], EntityRow[])> histories =
            from count in Gen.Choose(1, 80)
            from spread in Gen.Elements(3, 4_000, 4_000_000)
            from seed in Gen.Choose(0, 1_000_000)
            select Make(new Random(seed), count, spread);
        return histories.ToArbitrary();
    }

    private static (Known[], EntityRow[]) Make(Random random, int count, int spread)
    {
        BehaviorEvent[] events = SomeEvents.Make(random, count, spread, sessions: 4, products: 5);
        Known[] known =
        [
            .. events
                .Select(e => new Known(e, e.EventTime.AddSeconds(random.Next(3) == 0 ? random.Next(spread) : 0)))
                .OrderBy(e => e.At),
        ];
        EntityRow[] rows =
        [
            .. Enumerable
                .Range(0, 12)
                .Select(_ => new EntityRow(
                    new($"{random.Next(3)}", $"session {random.Next(5)}", $"{random.Next(6)}"),
                    random.Next(3) == 0
                        ? known[random.Next(count)].At
                        : Events.Start.AddSeconds(random.Next(-1, 2 * spread))
                ))
                .OrderBy(row => row.At),
        ];
        return (known, rows);
    }

    private static Known[] AsOf(DateTime asOf, BehaviorEvent[] events) =>
        [
            .. events
                .Where(e => e.ReceivedAt <= asOf)
                .Select(e => new Known(e, HistoricalFeatures.KnownAt(e)))
                .OrderBy(e => e.At),
        ];

    /// <param name="Event">The event.</param>
    /// <param name="At">When it became known.</param>
    private sealed record Known(BehaviorEvent Event, DateTime At);
}
