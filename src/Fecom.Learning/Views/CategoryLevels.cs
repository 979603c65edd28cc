using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>Takes a dotted category path such as <c>appliances.kitchen.washer</c> apart.</summary>
public static class CategoryLevels
{
    /// <summary>The path that this thread took apart last: the features of one product or visit ask for its levels one by one.</summary>
    [ThreadStatic]
    private static (string Code, string? Level1, string? Level2) t_last;

    /// <summary>The path's first and second segment; null where the path is missing, too short, or the segment is empty.</summary>
    public static (string? Level1, string? Level2) Of(string? categoryCode)
    {
        if (string.IsNullOrEmpty(categoryCode))
        {
            return (null, null);
        }

        if (!ReferenceEquals(t_last.Code, categoryCode))
        {
            (string? level1, string? level2) = Split(categoryCode);
            t_last = (categoryCode, level1, level2);
        }

        return (t_last.Level1, t_last.Level2);
    }

    /// <summary>What follows the second segment; null when nothing does, or when one of the first two is missing.</summary>
    public static string? RestOf(string? categoryCode)
    {
        int dot = categoryCode?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        int end = dot <= 0 ? -1 : categoryCode!.IndexOf('.', dot + 1);
        return end <= dot + 1 || end == categoryCode!.Length - 1 ? null : categoryCode[(end + 1)..];
    }

    /// <summary>The features that views of something with a category have alike.</summary>
    /// <param name="code">The category path in the state's newest event.</param>
    internal static IEnumerable<StateFeature<TState>> Features<TState>(Func<TState, string?> code)
        where TState : EntityState =>
        [
            new(
                "category_code_level1",
                Text,
                "",
                "First segment of the category path in the newest event",
                default,
                (s, _) => Of(code(s)).Level1
            ),
            new(
                "category_code_level2",
                Text,
                "",
                "Second segment of the category path in the newest event",
                default,
                (s, _) => Of(code(s)).Level2
            ),
        ];

    private static (string? Level1, string? Level2) Split(string categoryCode)
    {
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
