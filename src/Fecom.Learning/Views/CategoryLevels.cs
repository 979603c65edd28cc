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

    /// <summary>What follows the second segment; null when nothing does, or when one of the first two is missing.</summary>
    public static string? RestOf(string? categoryCode)
    {
        int dot = categoryCode?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        int end = dot <= 0 ? -1 : categoryCode!.IndexOf('.', dot + 1);
        return end <= dot + 1 || end == categoryCode!.Length - 1 ? null : categoryCode[(end + 1)..];
    }

    private static string? Segment(string path, int start, int end) => start == end ? null : path[start..end];
}
