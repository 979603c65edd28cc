namespace Fecom.Platform.Settings;

/// <summary>Finds what somebody meant who misspelt a name.</summary>
public static class NearestName
{
    /// <summary>Names of that many letters' difference are offered.</summary>
    private const int Near = 3;

    /// <returns>The nearest of the known names, whatever its case; null when none is near.</returns>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(one => Distance(typed, one));
        return nearest is not null && Distance(typed, nearest) <= Near ? nearest : null;
    }

    /// <summary>Letters that must be put in, taken out or changed: Levenshtein's distance, of names that are not long.</summary>
    internal static int Distance(string typed, string known)
    {
        if (typed.Length > known.Length + Near)
        {
            return typed.Length;
        }

        int[] row = [.. Enumerable.Range(0, known.Length + 1)];
        for (int i = 1; i <= typed.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= known.Length; j++)
            {
                bool same = char.ToLowerInvariant(typed[i - 1]) == char.ToLowerInvariant(known[j - 1]);
                int changed = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
