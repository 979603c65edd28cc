using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Fecom.Ingestion.ReadCsv;

/// <summary>The names of a header, for whoever knows which ones it must have.</summary>
internal static class CsvHeader
{
    private const int MostListed = 20;
    private const int LongestListed = 64;

    /// <summary>The names of the header that <paramref name="reader"/> stands on, in lower case; otherwise why it cannot be read.</summary>
    public static bool TryRead(CsvRecordReader reader, out List<string> names, [NotNullWhen(false)] out string? refusal)
    {
        names = [];
        refusal =
            reader.Record is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] ? "The file is UTF-16; save it as UTF-8."
            : reader.Fault != CsvFault.None ? $"The header cannot be read: {reader.FaultMessage}."
            : null;
        for (int i = 0; refusal is null && i < reader.FieldCount; i++)
        {
            names.Add(Encoding.UTF8.GetString(reader.Field(i)).Trim().ToLowerInvariant());
        }

        return refusal is null;
    }

    /// <summary>Why names do not fit the columns that are needed; null when they do. Further names are none of its business.</summary>
    /// <param name="names">The header's.</param>
    /// <param name="columns">Every column that must be there, in lower case.</param>
    /// <param name="what">What such a file is called: "A file of behaviour events".</param>
    public static string? RefusalOf(List<string> names, IReadOnlyList<string> columns, string what)
    {
        string[] missing = [.. columns.Except(names)];
        string[] unknown = [.. names.Except(columns)];
        string[] twice = [.. names.Where(columns.Contains).GroupBy(name => name).Where(same => same.Count() > 1).Select(same => same.Key)];
        if (missing.Length > 0)
        {
            return $"The header lacks {Listed(missing)}; unknown: {(unknown.Length == 0 ? "none" : Listed(unknown))}. "
                + $"{what} has the columns {string.Join(',', columns)}.";
        }

        return twice.Length > 0 ? $"The header has {Listed(twice)} more than once." : null;
    }

    /// <summary>The first names, each cut to a readable length: a header can be anything.</summary>
    public static string Listed(string[] names)
    {
        // PostgreSQL's text has no zero character.
        IEnumerable<string> shown = names.Take(MostListed).Select(name => name.Replace('\0', '\uFFFD')).Select(name => name.Length > LongestListed ? name[..LongestListed] + "…" : name);
        return string.Join(", ", shown) + (names.Length > MostListed ? $" and {names.Length - MostListed} more" : string.Empty);
    }
}
