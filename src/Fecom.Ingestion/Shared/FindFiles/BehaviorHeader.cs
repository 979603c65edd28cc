using System.Diagnostics.CodeAnalysis;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>The position in a file of each column of the behaviour schema. Any order; further columns are ignored.</summary>
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
        if (CsvHeader.TryRead(reader, out List<string> names, out refusal))
        {
            refusal = CsvHeader.RefusalOf(names, Columns, "A file of behaviour events");
        }

        if (refusal is null)
        {
            header = new BehaviorHeader([.. Columns.Select(column => names.IndexOf(column))]);
        }

        return header is not null;
    }
}
