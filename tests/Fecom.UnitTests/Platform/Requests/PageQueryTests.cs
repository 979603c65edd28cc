using Fecom.Platform.Requests;
using Xunit;

namespace Fecom.UnitTests.Platform.Requests;

/// <summary>Every list's pages, one after the other.</summary>
public sealed class PageQueryTests
{
    [Theory]
    [InlineData(10, 3)]
    [InlineData(9, 3)]
    [InlineData(1, 3)]
    [InlineData(0, 3)]
    public void Pages_have_every_item_once_whether_items_have_numbers_or_not(int items, int limit)
    {
        long[] all = [.. Enumerable.Range(1, items).Select(number => (long)number).Reverse()];

        Assert.Equal(all, Walk(limit, page => page.Slice(all)));
        Assert.Equal(
            all,
            Walk(
                limit,
                page => page.Of([.. all.Where(number => number < page.Below).Take(page.Wanted)], number => number)
            )
        );
    }

    [Theory]
    [InlineData(1, null, true)]
    [InlineData(PageQuery.MaxLimit, "17", true)]
    [InlineData(0, null, false)]
    [InlineData(PageQuery.MaxLimit + 1, null, false)]
    [InlineData(10, "", false)]
    [InlineData(10, "-1", false)]
    [InlineData(10, "four", false)]
    [InlineData(10, "99999999999999999999", false)]
    public void A_limit_and_a_cursor_that_cannot_be_are_refused(int limit, string? cursor, bool isGood) =>
        Assert.Equal(isGood, new PageQuery(limit, cursor).Problem is null);

    private static List<long> Walk(int limit, Func<PageQuery, Page<long>> list)
    {
        List<long> seen = [];
        PageQuery query = new(limit);
        while (true)
        {
            Page<long> page = list(query);
            seen.AddRange(page.Items);
            if (page.Next is not { } next)
            {
                return seen;
            }

            Assert.Equal(limit, page.Items.Count);
            query = new PageQuery(limit, next);
        }
    }
}
