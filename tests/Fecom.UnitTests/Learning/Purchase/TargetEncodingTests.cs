using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class TargetEncodingTests
{
    [Fact]
    public void Encode_MixesTheCategorysRateWithTheOverallRate()
    {
        // 4 of 5 of brand a, 1 of 5 of the others: overall .5; smoothing adds 20 rows of that.
        PurchaseRow[] rows = [.. Rows("a", 5, bought: 4), .. Rows(null, 5, bought: 1)];
        PurchaseEncoder encoder = PurchaseEncoder.Fit(rows);

        Assert.Equal(0.5, encoder.BaseRate);
        Assert.Equal((float)(((4 + (0.5 * 20)) / 25) - 0.5), Brand(encoder, "a"));
        Assert.Equal(0, Brand(encoder, "never seen"));
        Assert.Equal(TargetEncoding.Missing, Brand(encoder, null));
        Assert.Equal(TargetEncoding.Missing, Brand(encoder, ""));
    }

    [Fact]
    public void EncodeOutOfFold_KeepsARowsOwnFoldOutOfItsFeatures()
    {
        // The brand's rows all lie in the first fold of 64, so no other fold knows it: each is as if it were new.
        PurchaseRow[] rows = [.. Rows("a", 64, bought: 64), .. Rows("b", 256, bought: 64)];
        float[] numbers = PurchaseEncoder.EncodeOutOfFold(rows);

        Assert.All(Enumerable.Range(0, 64), row => Assert.Equal(0, numbers[(row * PurchaseEncoder.Columns) + 5]));
    }

    private static float Brand(PurchaseEncoder encoder, string? brand)
    {
        float[] numbers = new float[PurchaseEncoder.Columns];
        encoder.Encode(
            PurchaseFeatures.Of(
                new SessionFeatures
                {
                    EventWeekday = 0,
                    ActivityCount = 1,
                    Price = 1m,
                    Brand = brand,
                }
            ),
            numbers
        );
        return numbers[5];
    }

    private static IEnumerable<PurchaseRow> Rows(string? brand, int count, int bought) =>
        Enumerable
            .Range(0, count)
            .Select(i => new PurchaseRow(
                PurchaseFeatures.Of(
                    new SessionFeatures
                    {
                        EventWeekday = 0,
                        ActivityCount = 1,
                        Price = 1m,
                        Brand = brand,
                    }
                ),
                i < bought
            ));
}
