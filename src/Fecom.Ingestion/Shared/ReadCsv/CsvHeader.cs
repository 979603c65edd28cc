using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>The names of a header, for whoever knows which ones it must have.</summary>
internal static class CsvHeader
{
    /// <summary>The message about a file with a gzip name whose content is neither gzip nor the expected CSV.</summary>
    public const string Misnamed = "The file is not gzip, although its name says so.";

    /// <summary>The message about a file without a line feed.</summary>
    public const string LoneCarriageReturn =
        "The file's lines end in a lone carriage return (CR), as on an old Macintosh; save it with line feeds (LF or CR LF).";

    private const string ZeroBytes =
        "The file's first line has zero bytes: it is UTF-16 without a mark, or no text; save it as CSV in UTF-8.";
    private const int MaxListed = 20;
    private const int MaxNameLength = 64;

    /// <summary>First bytes of common formats that are not CSV, whatever the file's name.</summary>
    private static readonly (byte[] Begin, string Refusal)[] Others =
    [
        ([0xFF, 0xFE], "The file is UTF-16; save it as UTF-8."),
        ([0xFE, 0xFF], "The file is UTF-16; save it as UTF-8."),
        ([0x00, 0x00, 0xFE, 0xFF], "The file is UTF-32; save it as UTF-8."),
        (
            [.. "PK\u0003\u0004"u8],
            "The file is a ZIP archive, as Excel's workbooks are too: unpack it, or save the table as CSV in UTF-8."
        ),
        ([0x28, 0xB5, 0x2F, 0xFD], "The file is compressed with zstd; only gzip is read."),
        ([0xFD, .. "7zXZ"u8], "The file is compressed with xz; only gzip is read."),
        ([.. "BZh"u8], "The file is compressed with bzip2; only gzip is read."),
        ([.. "PAR1"u8], "The file is Parquet; only CSV is read."),
    ];

    /// <summary>The names of the header that <paramref name="reader"/> stands on, in lower case; otherwise why it cannot be read.</summary>
    public static bool TryRead(CsvRecordReader reader, out List<string> names, [NotNullWhen(false)] out string? refusal)
    {
        names = [];
        refusal =
            Other(reader.Record) is { } other ? other
            : reader.Fault != CsvFault.None ? $"The header cannot be read: {reader.FaultMessage}."
            : null;
        for (int i = 0; refusal is null && i < reader.FieldCount; i++)
        {
            names.Add(Encoding.UTF8.GetString(reader.Field(i)).Trim([' ', '\t', '\r', '\uFEFF']).ToLowerInvariant());
        }

        return refusal is null;
    }

    /// <summary>Whether a refusal holds even while the line may be incomplete, because more of the file cannot change it.</summary>
    public static bool IsFinal(string refusal) =>
        refusal is Misnamed or LoneCarriageReturn or ZeroBytes
        || Array.Exists(Others, other => other.Refusal == refusal);

    /// <summary>Whether a carriage return stands inside a line; at its end it may be half of a CR LF.</summary>
    public static bool HasLoneCarriageReturn(ReadOnlySpan<byte> line)
    {
        int place;
        while ((place = line.IndexOf((byte)'\r')) >= 0 && place < line.Length - 1)
        {
            if (line[place + 1] is not ((byte)'\n' or (byte)'\r'))
            {
                return true;
            }

            line = line[(place + 1)..];
        }

        return false;
    }

    /// <summary>The format of a file that begins with this line and is not CSV in UTF-8; null when it may be CSV.</summary>
    private static string? Other(ReadOnlySpan<byte> line)
    {
        foreach ((byte[] begin, string refusal) in Others)
        {
            if (line.StartsWith(begin))
            {
                return refusal;
            }
        }

        return line.Contains((byte)0) ? ZeroBytes
            : HasLoneCarriageReturn(line) ? LoneCarriageReturn
            : null;
    }

    /// <summary>Why the names lack required columns; null when they do not. Further names are ignored.</summary>
    /// <param name="names">The header's.</param>
    /// <param name="columns">Every column that must be there, in lower case.</param>
    /// <param name="what">What such a file is called: "A file of behaviour events".</param>
    public static string? RefusalOf(List<string> names, IReadOnlyList<string> columns, string what)
    {
        string[] missing = [.. columns.Except(names)];
        string[] unknown = [.. names.Except(columns)];
        string[] twice =
        [
            .. names
                .Where(columns.Contains)
                .GroupBy(name => name)
                .Where(same => same.Count() > 1)
                .Select(same => same.Key),
        ];
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
        // Without U+0000, which PostgreSQL's text cannot hold.
        IEnumerable<string> shown = names
            .Take(MaxListed)
            .Select(name => name.Replace('\0', '\uFFFD'))
            .Select(name => name.Length > MaxNameLength ? name[..MaxNameLength] + "…" : name);
        return string.Join(", ", shown)
            + (names.Length > MaxListed ? $" and {names.Length - MaxListed} more" : string.Empty);
    }
}
