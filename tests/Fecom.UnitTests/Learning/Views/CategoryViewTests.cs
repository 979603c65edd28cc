using Fecom.Contracts;
using Fecom.Learning.Views;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class CategoryViewTests
{
    [Fact]
    public void Step_WhenEventsFollow_CountsThemAndTakesTheNewestPath()
    {
        CategoryState first = CategoryView.Step(null, Events.Of(BehaviorEventType.View, "p1", 0));
        CategoryState second = CategoryView.Step(
            first,
            Events.Of(BehaviorEventType.Purchase, "p2", 1, category: "toys")
        );
        CategoryState third = CategoryView.Step(
            second,
            Events.Of(BehaviorEventType.RemoveFromCart, "p3", -60, category: "late.path")
        );

        Assert.Equal(
            [
                "category_code_level1",
                "toys",
                "category_code_level2",
                "",
                "view_count",
                "1",
                "cart_count",
                "0",
                "remove_from_cart_count",
                "1",
                "purchase_count",
                "1",
                "event_time",
                "1569888001000000",
            ],
            third.ToFields()
        );
        Assert.Equal(third.ToFields().Where((_, i) => i % 2 == 0), CategoryView.View.FieldNames);
    }

    [Theory]
    [InlineData("c1", "c1")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void EntityOf_WhenTheShopDidNotSay_IsNothing(string? categoryId, string? category) =>
        Assert.Equal(
            category,
            CategoryView.EntityOf(Events.Of(BehaviorEventType.View, "p1") with { CategoryId = categoryId })
        );

    [Fact]
    public void Merge_WhateverTheOrderAndTheBatches_EqualsStepAfterStep() =>
        Prop.ForAll(
                SomeEvents.Of("p1", "p2", "p3"),
                Gen.Choose(0, 1_000).ToArbitrary(),
                (events, seed) =>
                {
                    CategoryState[] deltas = [.. SomeEvents.Split(events, seed).Select(CategoryState.Of)];
                    Assert.Equal(
                        events.Aggregate((CategoryState?)null, CategoryView.Step),
                        deltas.Aggregate(CategoryView.Merge)
                    );
                }
            )
            .QuickCheckThrowOnFailure();
}
