using System.Diagnostics.CodeAnalysis;
using System.Text;
using Fecom.Ingestion.ReadCsv;

namespace Fecom.Ingestion.ReplayEvents;

/// <summary>Where a file has each column of the behaviour schema. Any order; further columns are ignored.</summary>
internal sealed class BehaviorHeader
{
    public static readonly IReadOnlyList<string> Columns =
    [
        "event_time",
        "event_type",
        "product_id",
        "category_id",
        "category_code",
        "brand",
        "price",
        "user_id",
        "user_session",
    ];

    private readonly int[] _places;

    private BehaviorHeader(int[] places) => _places = places;

    /// <summary>The place in the file of column <paramref name="column"/> of <see cref="Columns"/>.</summary>
    public int PlaceOf(int column) => _places[column];

    /// <summary>Reads the header that <paramref name="reader"/> stands on; otherwise says why the file is refused.</summary>
    public static bool TryRead(
        CsvRecordReader reader,
        [NotNullWhen(true)] out BehaviorHeader? header,
        [NotNullWhen(false)] out string? refusal
    )
    {
        header = null;
        refusal = RefusalOf(reader, out List<string> names);
        if (refusal is null)
        {
            header = new BehaviorHeader([.. Columns.Select(column => names.IndexOf(column))]);
        }

        return header is not null;
    }

    private static string? RefusalOf(CsvRecordReader reader, out List<string> names)
    {
        names = [];
        if (reader.Record is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            return "The file is UTF-16; save it as UTF-8.";
        }

        if (reader.Fault != CsvFault.None)
        {
            return $"The header cannot be read: {reader.FaultMessage}.";
        }

        for (int i = 0; i < reader.FieldCount; i++)
        {
            names.Add(Encoding.UTF8.GetString(reader.Field(i)).Trim().ToLowerInvariant());
        }

        return RefusalOf(names);
    }

    private static string? RefusalOf(List<string> names)
    {
        string[] missing = [.. Columns.Except(names)];
        string[] unknown = [.. names.Except(Columns)];
        string[] twice = [.. names.Where(Columns.Contains).GroupBy(name => name).Where(same => same.Count() > 1).Select(same => same.Key)];
        if (missing.Length > 0)
        {
            return $"The header lacks {Listed(missing)}; unknown: {(unknown.Length == 0 ? "none" : Listed(unknown))}. "
                + $"A file of behaviour events has the columns {string.Join(',', Columns)}.";
        }

        return twice.Length > 0 ? $"The header has {Listed(twice)} more than once." : null;
    }

    /// <summary>The first twenty names, each cut to a readable length: a header can be anything.</summary>
    private static string Listed(string[] names)
    {
        IEnumerable<string> shown = names.Take(20).Select(name => name.Length > 64 ? name[..64] + "…" : name);
        return string.Join(", ", shown) + (names.Length > 20 ? $" and {names.Length - 20} more" : string.Empty);
    }
}
