using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class FeatureSkewTests
{
    [Fact]
    public void Of_TheSameFeatures_FindsNoDifference() =>
        Assert.DoesNotContain(true, FeatureSkew.Of(Row(), Row(), Row()));

    [Fact]
    public void Of_AWrongValue_FindsItAndNoOther()
    {
        PurchaseFeatures dear = Row() with { Original = Row().Original with { Price = 10.01m } };

        Assert.Equal(["price"], Differing(dear, Row(), Row()));
        Assert.Equal(["brand"], Differing(Row(brand: "other"), Row(), Row()));
        Assert.Equal(["brand"], Differing(Row(brand: null), Row(), Row()));
        Assert.Equal(["session_views"], Differing(Row(views: 4), Row(), Row()));
        Assert.Equal(["session_views"], Differing(Row(views: float.NaN), Row(), Row()));
        Assert.Equal(["session_views"], Differing(Row(views: 3), Row(views: float.NaN), Row(views: float.NaN)));
    }

    [Fact]
    public void Of_WhatAnEventOnItsWayChanges_MayBeServedBeforeAndAfter()
    {
        foreach (float served in (float[])[3, 4, 5])
        {
            Assert.Empty(Differing(Row(views: served), Row(views: 3), Row(views: 5)));
        }

        Assert.Equal(["session_views"], Differing(Row(views: 6), Row(views: 3), Row(views: 5)));
        Assert.Equal(["session_views"], Differing(Row(views: 2), Row(views: 3), Row(views: 5)));
        Assert.Empty(Differing(Row(views: float.NaN), Row(views: float.NaN), Row(views: 5)));
        Assert.Empty(Differing(Row(views: 5), Row(views: float.NaN), Row(views: 5)));
        Assert.Empty(Differing(Row(brand: "new"), Row(), Row(brand: "new")));
        // The product's first event was on its way.
        Assert.Empty(Differing(Row(), null, Row()));
    }

    [Fact]
    public void Of_AProductThatHistoryDoesNotKnow_DiffersInEveryFeature() =>
        Assert.DoesNotContain(false, FeatureSkew.Of(Row(), null, null));

    private static IEnumerable<string> Differing(
        PurchaseFeatures served,
        PurchaseFeatures? earlier,
        PurchaseFeatures? then
    )
    {
        bool[] differs = FeatureSkew.Of(served, earlier, then);
        return PurchaseEncoder.FeatureNames.Where((_, place) => differs[place]);
    }

    private static PurchaseFeatures Row(string? brand = "b", float views = 3)
    {
        float[] more = [.. Enumerable.Range(0, PurchaseFeatures.Count).Select(i => i / 7f)];
        more[0] = views;
        return new PurchaseFeatures(
            new SessionFeatures
            {
                CategoryCodeLevel1 = "toys",
                EventWeekday = 1,
                ActivityCount = 2,
                Price = 10,
                Brand = brand,
            },
            more
        );
    }
}
