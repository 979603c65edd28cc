using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class FeatureProfileTests
{
    [Fact]
    public void Of_SpreadsNumbersEvenlyAndCountsWhatIsMissing()
    {
        PurchaseFeatures[] rows =
        [
            .. Enumerable.Range(1, 100).Select(price => Row(price: price)),
            .. Enumerable.Range(0, 25).Select(_ => Row(price: 7) with { More = More(float.NaN) }),
        ];

        FeatureProfile views = Find(FeatureProfile.Of(rows), "session_views");
        FeatureProfile price = Find(FeatureProfile.Of(rows[..100]), "price");

        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], price.Edges);
        Assert.Equal([0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0], price.Shares.Select(Rounded));
        Assert.Equal(0.2, views.MissingShare, 6);
        Assert.Equal([0.2, 0.8, 0], views.Shares.Select(Rounded));
    }

    [Fact]
    public void Of_KeepsEqualValuesTogetherAndAFrequentOneApart()
    {
        PurchaseFeatures[] rows =
        [
            .. Enumerable.Range(0, 5).Select(_ => Row(price: 1)),
            .. Enumerable.Range(0, 90).Select(_ => Row(price: 3)),
            .. Enumerable.Range(0, 5).Select(_ => Row(price: 8)),
        ];

        FeatureProfile price = Find(FeatureProfile.Of(rows), "price");

        Assert.Equal([1, 3, 8], price.Edges);
        Assert.Equal([0, 0.05, 0.9, 0.05, 0], price.Shares.Select(Rounded));
    }

    [Fact]
    public void Of_HasABinForEachFrequentTextAndOneForTheRest()
    {
        PurchaseFeatures[] rows =
        [
            .. Enumerable.Range(0, 30).SelectMany(brand => Enumerable.Repeat(Row(brand: $"b{brand:00}"), 30 - brand)),
            .. Enumerable.Repeat(Row(brand: null), 35),
        ];

        FeatureProfile brand = Find(FeatureProfile.Of(rows), "brand");

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"b{i:00}"), brand.Categories);
        Assert.Equal(0.07, brand.MissingShare, 6);
        Assert.Equal(55.0 / 500, brand.Shares[^1], 6);
        Assert.Equal(1, brand.Shares.Sum(), 6);
    }

    [Fact]
    public void SharesOf_OtherRows_TellHowFarAFeatureHasMoved()
    {
        PurchaseFeatures[] trained = [.. Enumerable.Range(1, 1_000).Select(price => Row(price: price))];
        FeatureProfile price = Find(FeatureProfile.Of(trained), "price");

        PurchaseFeatures[] same = [.. trained.Where((_, i) => i % 3 == 0)];
        PurchaseFeatures[] dearer =
        [
            .. trained.Select(row => row with { Original = row.Original with { Price = row.Original.Price * 2 } }),
        ];

        Assert.InRange(price.StabilityIndexOf(price.SharesOf(same)), 0, 0.001);
        IReadOnlyList<double> shares = price.SharesOf(dearer);
        Assert.Equal(0.5, shares[^1], 6);
        Assert.Equal(PopulationStability.Of(price.Shares, shares), price.StabilityIndexOf(shares));
        Assert.True(price.StabilityIndexOf(shares) > 1);
    }

    private static double Rounded(double share) => Math.Round(share, 6);

    private static FeatureProfile Find(IReadOnlyList<FeatureProfile> profiles, string feature)
    {
        Assert.Equal(PurchaseEncoder.FeatureNames, profiles.Select(profile => profile.Feature));
        return profiles.Single(profile => profile.Feature == feature);
    }

    private static float[] More(float value) => [.. Enumerable.Repeat(value, PurchaseFeatures.Count)];

    private static PurchaseFeatures Row(decimal price = 1, string? brand = "b") =>
        new(
            new SessionFeatures
            {
                EventWeekday = 1,
                ActivityCount = 2,
                Price = price,
                Brand = brand,
            },
            More(0)
        );
}
