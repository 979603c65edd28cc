using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class ProductViewTests
{
    [Fact]
    public void Step_WhenEventIsNewer_CountsItAndTakesItsPrice()
    {
        ProductState old = ProductView.Step(null, Events.Of(BehaviorEventType.View, "p1", 0, price: 10m));
        ProductState next = ProductView.Step(old, Events.Of(BehaviorEventType.Cart, "p1", 1, price: 9.50m, brand: ""));

        Assert.Equal(
            [
                "category_id",
                "c1",
                "category_code_level1",
                "electronics",
                "category_code_level2",
                "smartphone",
                "brand",
                "",
                "price",
                "9.5",
                "view_count",
                "1",
                "cart_count",
                "1",
                "remove_from_cart_count",
                "0",
                "purchase_count",
                "0",
                "event_time",
                "1569888001000000",
                "event_id",
                "00000000-0000-0001-0000-000000000000",
            ],
            next.ToFields()
        );
    }

    [Fact]
    public void Step_WhenEventIsLate_CountsItAndKeepsTheNewest()
    {
        ProductState state = ProductView.Step(null, Events.Of(BehaviorEventType.View, "p1", 1));
        ProductState next = ProductView.Step(state, Events.Of(BehaviorEventType.Purchase, "p1", -86_400, price: 1m));

        Assert.Equal(state with { Counts = new EventCounts(1, 0, 0, 1) }, next);
    }

    [Fact]
    public void Merge_WhateverTheOrderAndTheBatches_EqualsStepAfterStep() =>
        Prop.ForAll(
                SomeEvents.Of("p1"),
                Gen.Choose(0, 1_000).ToArbitrary(),
                (events, seed) =>
                {
                    ProductState[] deltas = [.. SomeEvents.Split(events, seed).Select(ProductState.Of)];
                    Assert.Equal(
                        events.Aggregate((ProductState?)null, ProductView.Step),
                        deltas.Aggregate(ProductView.Merge)
                    );
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Merge_IsAssociativeAndCommutative() =>
        Prop.ForAll(
                SomeEvents.Of("p1"),
                events =>
                {
                    ProductState[] one = [.. events.Select(e => ProductView.Step(null, e))];
                    (ProductState a, ProductState b, ProductState c) = (one[0], one[^1], one[one.Length / 2]);
                    Assert.Equal(ProductView.Merge(a, b), ProductView.Merge(b, a));
                    Assert.Equal(
                        ProductView.Merge(ProductView.Merge(a, b), c),
                        ProductView.Merge(a, ProductView.Merge(b, c))
                    );
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
}
