using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

public sealed class SessionQueryTests
{
    [Fact]
    public void Set_KeepsTheNewestTwentyProducts_EachOnce()
    {
        SessionLog log = new();
        log.Add([.. Enumerable.Range(0, 40)]);
        SessionIndex index = new(log, 1, 41);
        SessionQuery query = new();

        query.Set(index, [.. Enumerable.Range(0, 40), 40, 38, -1]);

        Assert.Equal([38, 39, .. Enumerable.Range(20, 18).Reverse()], query.Products.ToArray());
        Assert.Equal([0, 1, .. Enumerable.Range(3, 18)], query.StepsBack.ToArray());
        Assert.Equal([38, 39, .. Enumerable.Range(20, 18).Reverse()], query.First.ToArray());
        Assert.Equal([2, .. Enumerable.Repeat(1, 19)], query.Times.ToArray());
        Assert.Equal((41, 38), (query.Visits.Length, query.Last));
    }
}
