namespace Fecom.Learning.Views;

/// <summary>Takes a dotted category path such as <c>appliances.kitchen.washer</c> apart.</summary>
public static class CategoryLevels
{
    /// <summary>The path's first and second segment; null where the path is missing, too short, or the segment is empty.</summary>
    public static (string? Level1, string? Level2) Of(string? categoryCode)
    {
        if (string.IsNullOrEmpty(categoryCode))
        {
            return (null, null);
        }

        int dot = categoryCode.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return (categoryCode, null);
        }

        int end = categoryCode.IndexOf('.', dot + 1);
        return (Segment(categoryCode, 0, dot), Segment(categoryCode, dot + 1, end < 0 ? categoryCode.Length : end));
    }

    private static string? Segment(string path, int start, int end) => start == end ? null : path[start..end];
}
