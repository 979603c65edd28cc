using System.Buffers.Text;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>
/// Decides whether a last line without a line break is a whole row. The number of its fields does not tell: the last
/// field may have been cut. So it counts as whole only when it has every field and its last one has the length and the
/// punctuation that the last field had in every row read before, or, as the only row, is a UUID. A file whose last column
/// varies in length (a price, say) must end in a line break for its last row to load; until then the row waits.
/// </summary>
/// <remarks>
/// Whole or not, the position that is stored never moves past a line without a line break: a file that grows is resumed at
/// the start of that line, and a row that was sent before is sent again under the same line number, which is harmless.
/// </remarks>
internal sealed class LastLine
{
    private byte[]? _first;
    private bool _uniform = true;

    /// <summary>Takes in a whole row.</summary>
    public void Observe(CsvRecordReader row)
    {
        ReadOnlySpan<byte> field = row.Field(row.FieldCount - 1);
        _first ??= field.ToArray();
        _uniform &= field.Length == _first.Length;
    }

    /// <summary>Judges the last row, which has no line break.</summary>
    public bool IsWhole(CsvRecordReader row)
    {
        if (row.Fault != CsvFault.None)
        {
            return false;
        }

        ReadOnlySpan<byte> field = row.Field(row.FieldCount - 1);
        return _first is null ? IsUuid(field) : _uniform && !field.IsEmpty && SameShape(field, _first);
    }

    private static bool IsUuid(ReadOnlySpan<byte> field) =>
        Utf8Parser.TryParse(field, out Guid _, out int read, 'D') && read == field.Length;

    private static bool SameShape(ReadOnlySpan<byte> field, ReadOnlySpan<byte> first)
    {
        bool same = field.Length == first.Length;
        for (int i = 0; same && i < field.Length; i++)
        {
            bool letter = char.IsAsciiLetterOrDigit((char)field[i]);
            same = letter == char.IsAsciiLetterOrDigit((char)first[i]) && (letter || field[i] == first[i]);
        }

        return same;
    }
}
