using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>Reads CSV records from bytes in constant memory: UTF-8, RFC 4180, <c>,</c> or <c>;</c>, LF or CRLF, with or without a BOM.</summary>
/// <remarks>
/// A record that spans lines is accepted only when it is whole: quotes closed, as many fields as the header, at most
/// <see cref="MaxRecordBytes"/>. Otherwise its first line alone is the faulty record and reading goes on at the next line,
/// so a stray quote costs one line. Empty lines are skipped.
/// </remarks>
internal sealed class CsvRecordReader(Stream stream) : IDisposable
{
    /// <summary>A record's greatest length in bytes, without its line break.</summary>
    public const int MaxRecordBytes = 64 * 1024;

    private readonly ByteWindow _input = new(stream);
    private readonly CsvFields _fields = new();
    private byte[]? _overlong;
    private byte[] _beforeOverlong = [];
    private int _content;
    private int _consumed;
    private int _lines;

    /// <summary>
    /// Whether the input may still be growing: a record that the input's end cuts is then not reported as a stray
    /// quote but as not terminated.
    /// </summary>
    public bool MayGrow { get; init; }

    /// <summary>Physical line on which the current record starts; the header is line 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>Offset of the current record's first byte.</summary>
    public long Offset { get; private set; }

    /// <summary>Where the next record starts.</summary>
    public CsvPosition Next => new(_input.Offset + _consumed, Line + _lines);

    /// <summary>The current record's start.</summary>
    public CsvPosition Here => new(Offset, Line);

    /// <summary>The bytes just before <see cref="Here"/>, at most <see cref="ByteWindow.BehindBytes"/> of them.</summary>
    public ReadOnlySpan<byte> BeforeHere => _overlong is null ? _input.Before(0) : _beforeOverlong;

    /// <summary>The bytes just before <see cref="Next"/>, at most <see cref="ByteWindow.BehindBytes"/> of them.</summary>
    public ReadOnlySpan<byte> BeforeNext => _input.Before(_consumed);

    /// <summary>The input is compressed, and damaged from here on.</summary>
    public bool Damaged => _input.Damaged;

    /// <summary>The input is compressed, and its end is missing.</summary>
    public bool EndsEarly => _input.EndsEarly;

    public CsvFault Fault { get; private set; }

    /// <summary>The fault in words for a person, with its line.</summary>
    public string FaultMessage =>
        Fault switch
        {
            CsvFault.FieldCount => $"line {Line} has {FieldCount} fields, expected {ExpectedFields}",
            CsvFault.OpenQuote =>
                $"line {Line} opens a quote in field {_fields.OddField} that is not closed as it should be",
            CsvFault.TextAfterQuote => $"line {Line} has text after the closing quote of field {_fields.OddField}",
            CsvFault.TooLong => $"line {Line} is longer than {MaxRecordBytes} bytes; the beginning is kept",
            CsvFault.NotUtf8 => $"line {Line} is not valid UTF-8",
            _ => string.Empty,
        };

    /// <summary>False for a last line without a line break.</summary>
    public bool Terminated { get; private set; }

    /// <summary>The separator of the fields; known after the header.</summary>
    public byte Separator => _fields.Separator;

    public int FieldCount => _fields.Count;

    /// <summary>Fields of the header: what each record must have.</summary>
    public int ExpectedFields { get; private set; }

    /// <summary>The record's bytes without its line break; valid until the next read. Only the beginning of an overlong line.</summary>
    public ReadOnlySpan<byte> Record => _overlong ?? _input.Ahead(_content)[.._content];

    /// <summary>A field without its quotes; valid until the next call. Only of a record without fault.</summary>
    public ReadOnlySpan<byte> Field(int index) => _fields.Get(Record, index);

    /// <summary>Reads the header, and takes the separator and the number of fields from it; false when there is no line.</summary>
    public bool ReadHeader()
    {
        if (_input.Ahead(3).StartsWith("\uFEFF"u8))
        {
            _input.Advance(3);
        }

        _fields.Separator = SeparatorOf(_input.Ahead(MaxRecordBytes));
        bool read = Read();
        ExpectedFields = read && Fault == CsvFault.None ? FieldCount : 0;
        return read;
    }

    /// <summary>Goes on at a record's start, further on; false when the input ends before it.</summary>
    public bool TryMoveTo(CsvPosition position)
    {
        (_consumed, _content, _lines, _overlong) = (0, 0, 0, null);
        (Offset, Line) = (position.Offset, position.Line);
        return _input.TryMoveTo(position.Offset);
    }

    /// <summary>Reads the next record; false at the end of the input.</summary>
    public bool Read()
    {
        Pass();
        ReadOnlySpan<byte> ahead = _input.Ahead(MaxRecordBytes + 2);
        while (EmptyLine(ahead) is > 0 and int skipped)
        {
            _input.Advance(skipped);
            Line++;
            ahead = _input.Ahead(MaxRecordBytes + 2);
        }

        if (ahead.IsEmpty)
        {
            return false;
        }

        Take(ahead);
        return true;
    }

    public void Dispose() => _input.Dispose();

    private void Pass()
    {
        _input.Advance(_consumed);
        Line += _lines;
        (_consumed, _content, _lines, _overlong) = (0, 0, 0, null);
    }

    private void Take(ReadOnlySpan<byte> ahead)
    {
        Offset = _input.Offset;
        bool all = _input.Ended && ahead.Length <= MaxRecordBytes + 2;
        CsvScan scan = _fields.Scan(ahead[..Math.Min(ahead.Length, MaxRecordBytes + 2)]);
        Fault = FaultOf(scan, all, ahead);
        if (MayGrow && all && IsCut(scan, ahead))
        {
            (Terminated, _content, _consumed, _lines) = (false, ahead.Length, ahead.Length, 0);
            return;
        }

        bool oneLine = _fields.InnerLines == 0 && scan == CsvScan.Record;
        if (Fault is CsvFault.None or CsvFault.NotUtf8 || (Fault == CsvFault.FieldCount && oneLine))
        {
            Terminated = scan == CsvScan.Record;
            (_content, _consumed, _lines) = (
                _fields.Content,
                _fields.Consumed,
                _fields.InnerLines + (Terminated ? 1 : 0)
            );
            return;
        }

        TakeFirstLine(ahead);
    }

    /// <summary>More bytes could complete the record: it ends inside quotes, before a line break, or in the middle of one.</summary>
    private bool IsCut(CsvScan scan, ReadOnlySpan<byte> ahead) =>
        scan switch
        {
            CsvScan.OpenQuote or CsvScan.RanOut => true,
            CsvScan.TextAfterQuote => ahead[_fields.Content..] is [(byte)'\r'],
            _ => false,
        };

    private CsvFault FaultOf(CsvScan scan, bool all, ReadOnlySpan<byte> ahead) =>
        scan switch
        {
            CsvScan.OpenQuote => CsvFault.OpenQuote,
            CsvScan.TextAfterQuote => CsvFault.TextAfterQuote,
            CsvScan.RanOut when !all => CsvFault.TooLong,
            _ when _fields.Content > MaxRecordBytes => CsvFault.TooLong,
            _ when ExpectedFields > 0 && FieldCount != ExpectedFields => CsvFault.FieldCount,
            _ when !Utf8.IsValid(ahead[.._fields.Content]) => CsvFault.NotUtf8,
            _ => CsvFault.None,
        };

    private void TakeFirstLine(ReadOnlySpan<byte> ahead)
    {
        int length = ahead.IndexOf((byte)'\n');
        Terminated = length >= 0;
        int content = Terminated ? length : ahead.Length;
        if (content > 0 && Terminated && ahead[content - 1] == '\r')
        {
            content--;
        }

        if (content > MaxRecordBytes)
        {
            TakeOverlong(ahead);
            return;
        }

        Fault = _fields.InnerLines > 0 ? CsvFault.OpenQuote : Fault;
        (_content, _consumed, _lines) = (content, Terminated ? length + 1 : content, Terminated ? 1 : 0);
    }

    /// <summary>Keeps the line's beginning and passes the rest of it, however long.</summary>
    private void TakeOverlong(ReadOnlySpan<byte> ahead)
    {
        Fault = CsvFault.TooLong;
        _beforeOverlong = _input.Before(0).ToArray();
        _overlong = ahead[..MaxRecordBytes].ToArray();
        int length;
        while ((length = ahead.IndexOf((byte)'\n')) < 0 && !ahead.IsEmpty)
        {
            _input.Advance(ahead.Length);
            ahead = _input.Ahead(1);
        }

        Terminated = length >= 0;
        (_consumed, _lines) = (length + 1, Terminated ? 1 : 0);
    }

    private static int EmptyLine(ReadOnlySpan<byte> ahead) =>
        ahead.StartsWith("\n"u8) ? 1
        : ahead.StartsWith("\r\n"u8) ? 2
        : 0;

    private static byte SeparatorOf(ReadOnlySpan<byte> ahead)
    {
        int end = ahead.IndexOf((byte)'\n');
        ReadOnlySpan<byte> header = end < 0 ? ahead : ahead[..end];
        return header.Count((byte)';') > header.Count((byte)',') ? (byte)';' : (byte)',';
    }
}

/// <summary>The start of a record: its offset in the decompressed bytes and its physical line.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CsvPosition(long Offset, long Line);
