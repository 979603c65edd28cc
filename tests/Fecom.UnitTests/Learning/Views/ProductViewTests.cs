using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class ProductViewTests
{
    [Fact]
    public void Step_WhenEventIsNewer_TakesItsPrice()
    {
        ProductState old = ProductView.Step(null, Events.Of(BehaviorEventType.View, "p1", 0, price: 10m));
        ProductState next = ProductView.Step(old, Events.Of(BehaviorEventType.View, "p1", 1, price: 9.50m, brand: ""));

        Assert.Equal(
            [
                "category_id", "c1", "category_code_level1", "electronics", "category_code_level2", "smartphone",
                "brand", "", "price", "9.5", "event_time", "1569888001000000",
                "event_id", "00000000-0000-0001-0000-000000000000",
            ],
            next.ToFields()
        );
    }

    [Fact]
    public void Step_WhenEventIsOlder_KeepsTheState()
    {
        ProductState state = ProductView.Step(null, Events.Of(BehaviorEventType.View, "p1", 1));
        Assert.Same(state, ProductView.Step(state, Events.Of(BehaviorEventType.View, "p1", 0, price: 1m)));
    }

    [Fact]
    public void Step_WhateverTheOrderAndRepetition_EndsInTheSameState() =>
        Prop.ForAll(
                Gen.Choose(0, 5).NonEmptyListOf().ToArbitrary(),
                Gen.Choose(0, 1_000).ToArbitrary(),
                (seconds, seed) =>
                {
                    BehaviorEvent[] events = [.. seconds.Select((s, i) => Events.Of(BehaviorEventType.View, "p1", s, price: i + 1, id: i))];
                    BehaviorEvent[] shuffled = [.. events, .. events];
                    new Random(seed).Shuffle(shuffled);
                    Assert.Equal(After(events), After(shuffled));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void FromFields_IsTheInverseOfToFields()
    {
        ProductState state = ProductView.Step(null, Events.Of(BehaviorEventType.Cart, "p1", 3, price: 0.05m));
        Assert.Equal(state, ProductState.FromFields(state.ToFields()));
        Assert.Equal(state.ToFields().Where((_, i) => i % 2 == 0), ProductView.View.FieldNames);
        Assert.Null(ProductState.FromFields([]));
    }

    private static ProductState After(IEnumerable<BehaviorEvent> events) =>
        events.Aggregate((ProductState?)null, ProductView.Step)!;
}
