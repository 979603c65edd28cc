using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Serving.FollowTrending;

/// <summary>A product's category as recommenders know it: its id and a path of two levels at most.</summary>
internal static class TrendingCategory
{
    public static Category Of(ProductVisit visit) => new(Said(visit.CategoryId), PathOf(Said(visit.CategoryCode)));

    public static Category Of(string? id, string? level1, string? level2) => new(id, level2 is null ? level1 : $"{level1}.{level2}");

    /// <summary>Most paths have two levels and are taken as they are: every event of the shop passes here.</summary>
    private static string? PathOf(string? code)
    {
        int dot = code?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0 || (dot > 0 && dot < code!.Length - 1 && code.IndexOf('.', dot + 1) < 0))
        {
            return code;
        }

        (string? level1, string? level2) = CategoryLevels.Of(code);
        return Of(null, level1, level2).Path;
    }

    private static string? Said(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
