using Fecom.Warehouse.ShowKpis;
using Xunit;

namespace Fecom.UnitTests.Warehouse;

/// <summary>Shares with Wilson's interval, worked by hand.</summary>
public sealed class RateTests
{
    [Theory]
    // 15 of 148 is the first example of Newcombe, Statistics in Medicine 17 (1998), table I: .0624 to .1605 by this method.
    [InlineData(15, 148, .1014, .0624, .1605)]
    [InlineData(0, 20, 0, 0, .1611)]
    [InlineData(1, 29, .0345, .0061, .1718)]
    [InlineData(10, 10, 1, .7225, 1)]
    public void A_share_has_its_interval(long hits, long all, double share, double low, double high)
    {
        Rate rate = Rate.Of(hits, all)!;

        Assert.Equal(share, rate.Value, 4);
        Assert.Equal(low, rate.Low, 4);
        Assert.Equal(high, rate.High, 4);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    public void There_is_none_of_nothing_or_where_not_all_were_told(long hits, long all) =>
        Assert.Null(Rate.Of(hits, all));
}
