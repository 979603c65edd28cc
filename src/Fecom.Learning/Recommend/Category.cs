using System.Runtime.InteropServices;
using Fecom.Learning.Views;

namespace Fecom.Learning.Recommend;

/// <summary>Where a product belongs.</summary>
/// <param name="Id">Category id; null when the shop did not say.</param>
/// <param name="Path">Dotted path of any number of levels; null when the shop did not say.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Category(string? Id, string? Path)
{
    /// <summary>From the parts of an event's path; see <see cref="CategoryLevels"/>.</summary>
    public static Category Of(string? id, string? level1, string? level2, string? rest) =>
        new(
            string.IsNullOrEmpty(id) ? null : id,
            level2 is null ? level1
                : rest is null ? $"{level1}.{level2}"
                : $"{level1}.{level2}.{rest}"
        );

    /// <summary>From an event's own fields: the same category as from the parts of its code. A code without empty segments is taken as it is.</summary>
    public static Category OfCode(string? id, string? code)
    {
        if (
            string.IsNullOrEmpty(code)
            || (code[0] != '.' && code[^1] != '.' && !code.Contains("..", StringComparison.Ordinal))
        )
        {
            return new Category(string.IsNullOrEmpty(id) ? null : id, string.IsNullOrEmpty(code) ? null : code);
        }

        (string? level1, string? level2) = CategoryLevels.Of(code);
        return Of(id, level1, level2, CategoryLevels.RestOf(code));
    }

    /// <summary>True when <paramref name="wanted"/> is the category's id, its path, or a level above it.</summary>
    public bool IsIn(string wanted) =>
        Id == wanted
        || (
            Path is not null
            && Path.StartsWith(wanted, StringComparison.Ordinal)
            && (Path.Length == wanted.Length || Path[wanted.Length] == '.')
        );
}
