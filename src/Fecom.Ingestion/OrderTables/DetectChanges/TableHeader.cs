using System.Diagnostics.CodeAnalysis;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Where a file has each column of its table: in any order.</summary>
/// <param name="Table">The table.</param>
/// <param name="Places">The place in the file of each of the table's columns.</param>
/// <param name="Unknown">Further columns, which are left out; null when there are none.</param>
internal sealed record TableHeader(FecomTable Table, IReadOnlyList<int> Places, string? Unknown)
{
    /// <summary>Reads the header that <paramref name="reader"/> stands on; otherwise says why the file is refused.</summary>
    public static bool TryRead(
        CsvRecordReader reader,
        FecomTable table,
        [NotNullWhen(true)] out TableHeader? header,
        [NotNullWhen(false)] out string? refusal
    )
    {
        string[] columns = [.. table.Columns.Select(column => column.Name)];
        header = null;
        if (CsvHeader.TryRead(reader, out List<string> names, out refusal))
        {
            refusal = CsvHeader.RefusalOf(names, columns, $"An export of {table.Name}");
        }

        if (refusal is null)
        {
            string[] unknown = [.. names.Except(columns)];
            int[] places = [.. columns.Select(column => names.IndexOf(column))];
            header = new TableHeader(table, places, unknown.Length == 0 ? null : CsvHeader.Listed(unknown));
        }

        return header is not null;
    }
}
