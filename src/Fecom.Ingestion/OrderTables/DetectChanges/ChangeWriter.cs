using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Makes a message of <see cref="Topics.TableChanges"/> from a row's difference: a <see cref="RowChange"/> in JSON.</summary>
internal sealed class ChangeWriter : IDisposable
{
    private static readonly JsonEncodedText[] Operations =
    [
        JsonEncodedText.Encode("c"),
        JsonEncodedText.Encode("u"),
        JsonEncodedText.Encode("d"),
    ];

    private readonly FecomTable _table;
    private readonly SnapshotInfo _info;
    private readonly JsonEncodedText[] _names;
    private readonly bool[] _isNumber;
    private readonly string _source;
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);
    private readonly Utf8JsonWriter _json;
    private long _position;

    public ChangeWriter(FecomTable table, SnapshotInfo info)
    {
        (_table, _info, _position) = (table, info, info.BasePosition);
        _names = [.. table.Columns.Select(column => JsonEncodedText.Encode(column.Name))];
        _isNumber = [.. table.Columns.Select(column => column.IsNumber)];
        _source = TableSource.NameOf(table);
        _json = new Utf8JsonWriter(
            _buffer,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }
        );
    }

    /// <summary>Position of the last change written.</summary>
    public long Position => _position;

    /// <summary>Writes the next change; positions follow from call to call.</summary>
    /// <param name="difference">New, changed or gone.</param>
    /// <param name="before">Bytes of the old partition.</param>
    /// <param name="after">Bytes of the new partition.</param>
    public OutgoingMessage Write(in RowDifference difference, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        bool gone = difference.Fate == RowFate.Deleted;
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("op"u8, Operations[(int)difference.Fate]);
        WriteRow(
            "before"u8,
            difference.Fate == RowFate.Created
                ? default
                : before.Slice(difference.Before.Start, difference.Before.Length)
        );
        WriteRow("after"u8, gone ? default : after.Slice(difference.After.Start, difference.After.Length));
        WriteSource(gone ? null : difference.After.Line);
        _json.WriteEndObject();
        _json.Flush();
        ReadOnlySpan<byte> keyed = gone ? before[difference.Before.Start..] : after[difference.After.Start..];
        return new OutgoingMessage(
            Key(keyed),
            _buffer.WrittenSpan.ToArray(),
            new MessageOrigin(_source, ++_position, _info.TakenAt)
        );
    }

    public void Dispose() => _json.Dispose();

    private void WriteRow(ReadOnlySpan<byte> name, ReadOnlySpan<byte> row)
    {
        if (row.IsEmpty)
        {
            _json.WriteNull(name);
            return;
        }

        _json.WriteStartObject(name);
        int at = 0;
        for (int column = 0; column < _names.Length; column++)
        {
            WriteColumn(column, RowBytes.ReadColumn(row, ref at));
        }

        _json.WriteEndObject();
    }

    private void WriteColumn(int column, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            _json.WriteNull(_names[column]);
        }
        else if (_isNumber[column] && JsonNumber.Is(value))
        {
            _json.WritePropertyName(_names[column]);
            _json.WriteRawValue(value, skipInputValidation: true);
        }
        else
        {
            _json.WriteString(_names[column], value);
        }
    }

    private void WriteSource(long? line)
    {
        _json.WriteStartObject("source"u8);
        _json.WriteString("file"u8, _info.FileName);
        if (line is { } number)
        {
            _json.WriteNumber("line"u8, number);
        }
        else
        {
            _json.WriteNull("line"u8);
        }

        _json.WriteNumber("snapshot"u8, _info.Number);
        _json.WriteString("ts"u8, _info.TakenAt);
        _json.WriteEndObject();
    }

    /// <summary>The key's values with a slash between them.</summary>
    private byte[] Key(ReadOnlySpan<byte> row)
    {
        byte[] key = new byte[RowBytes.LengthOf(row, _table.KeyColumns)];
        int length = 0;
        int at = 0;
        for (int column = 0; column < _table.KeyColumns; column++)
        {
            if (column > 0)
            {
                key[length++] = (byte)'/';
            }

            ReadOnlySpan<byte> value = RowBytes.ReadColumn(row, ref at);
            value.CopyTo(key.AsSpan(length));
            length += value.Length;
        }

        return key[..length];
    }
}
