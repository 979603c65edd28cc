using Fecom.Contracts;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>What a record of a file is to its table.</summary>
internal enum RowKind
{
    /// <summary>A row.</summary>
    Row,

    /// <summary>Every column is empty.</summary>
    Empty,

    /// <summary>A column of the key is empty.</summary>
    WithoutKey,
}

/// <summary>Brings a file's records into the form of <see cref="RowBytes"/>, whatever the file's dialect.</summary>
internal sealed class RowEncoder(TableHeader header)
{
    private const byte Blank = (byte)' ';

    private readonly FecomColumn[] _columns = [.. header.Table.Columns];
    private readonly int[] _places = [.. header.Places];
    private readonly int _keyColumns = header.Table.KeyColumns;
    private readonly byte[] _row = new byte[CsvRecordReader.MaxRecordBytes + (header.Places.Count * Varint.MaxBytes)];
    private int _length;

    /// <summary>The last record's row; valid until the next one.</summary>
    public ReadOnlySpan<byte> Row => _row.AsSpan(0, _length);

    /// <summary>Its key: the row's beginning.</summary>
    public ReadOnlySpan<byte> Key => _row.AsSpan(0, KeyLength);

    private int KeyLength { get; set; }

    /// <summary>Takes the record that the reader stands on; only one without fault.</summary>
    public RowKind Encode(CsvRecordReader record)
    {
        _length = 0;
        bool hasKey = true;
        bool hasValue = false;
        for (int column = 0; column < _columns.Length; column++)
        {
            bool isKey = column < _keyColumns;
            bool filled = Append(record.Field(_places[column]), isKey, _columns[column].IsNumber);
            hasKey &= filled || !isKey;
            hasValue |= filled;
            KeyLength = isKey ? _length : KeyLength;
        }

        return hasKey ? RowKind.Row
            : hasValue ? RowKind.WithoutKey
            : RowKind.Empty;
    }

    /// <summary>Takes the key alone from a line that cannot be read, as far as it can be cut at its separators; false when there is none.</summary>
    public bool TryEncodeKey(CsvRecordReader record)
    {
        _length = 0;
        bool found = true;
        for (int column = 0; found && column < _keyColumns; column++)
        {
            found = Append(Cut(record.Record, record.Separator, _places[column]), isKey: true, isNumber: false);
        }

        KeyLength = _length;
        return found;
    }

    /// <summary>The field at <paramref name="place"/>, when a separator follows it: the last one may hold the rest of the line.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> line, byte separator, int place)
    {
        for (; place > 0; place--)
        {
            line = line[(line.IndexOf(separator) + 1)..];
        }

        int end = line.IndexOf(separator);
        return end < 0 ? default : line[..end].Trim((byte)'"');
    }

    /// <returns>Whether there is something in it.</returns>
    private bool Append(ReadOnlySpan<byte> field, bool isKey, bool isNumber)
    {
        // Blanks around a text are its own; one of blanks alone is empty.
        ReadOnlySpan<byte> trimmed =
            field.IsEmpty || (field[0] > Blank && field[^1] > Blank) ? field : field.Trim(" \t"u8);
        if (trimmed.IsEmpty)
        {
            _row[_length++] = 0;
            return false;
        }

        ReadOnlySpan<byte> value = isKey || isNumber ? trimmed : field;
        _length += Varint.Write(_row.AsSpan(_length), (ulong)value.Length + 1);
        Span<byte> to = _row.AsSpan(_length, value.Length);
        value.CopyTo(to);
        if (isNumber)
        {
            PointForComma(to);
        }

        _length += value.Length;
        return true;
    }

    private static void PointForComma(Span<byte> number)
    {
        int comma = number.IndexOf((byte)',');
        if (comma >= 0 && number[(comma + 1)..].IndexOf((byte)',') < 0 && number.IndexOf((byte)'.') < 0)
        {
            number[comma] = (byte)'.';
        }
    }
}
