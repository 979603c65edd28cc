using System.Runtime.InteropServices;

namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>How far a scan came.</summary>
internal enum CsvScan
{
    /// <summary>A record that ends with a line break.</summary>
    Record,

    /// <summary>The bytes ended before the record did.</summary>
    RanOut,

    /// <summary>The bytes ended inside quotes.</summary>
    OpenQuote,

    /// <summary>A quoted field goes on after its closing quote.</summary>
    TextAfterQuote,
}

/// <summary>Finds the fields of one record (RFC 4180) and remembers where they are; the bytes stay where they were.</summary>
internal sealed class CsvFields
{
    private const byte Quote = (byte)'"';
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';

    private readonly List<(int Start, int Length, bool Doubled)> _fields = [];
    private byte[] _unescaped = [];

    public byte Separator { get; set; } = (byte)',';

    public int Count => _fields.Count;

    /// <summary>Bytes of the record without its line break.</summary>
    public int Content { get; private set; }

    /// <summary>Bytes of the record with its line break.</summary>
    public int Consumed { get; private set; }

    /// <summary>Line breaks inside quotes.</summary>
    public int InnerLines { get; private set; }

    /// <summary>The field in which the scan ran into trouble, or into its first inner line break; from 1.</summary>
    public int OddField { get; private set; }

    /// <summary>Field <paramref name="index"/> of the record that was scanned in <paramref name="bytes"/>; valid until the next call.</summary>
    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> bytes, int index)
    {
        (int start, int length, bool doubled) = CollectionsMarshal.AsSpan(_fields)[index];
        ReadOnlySpan<byte> field = bytes.Slice(start, length);
        return doubled ? Unescape(field) : field;
    }

    /// <summary>Scans the record at the beginning of <paramref name="bytes"/>.</summary>
    public CsvScan Scan(ReadOnlySpan<byte> bytes)
    {
        _fields.Clear();
        (InnerLines, OddField) = (0, 0);
        int at = 0;
        while (true)
        {
            bool quoted = at < bytes.Length && bytes[at] == Quote;
            int end = quoted ? ScanQuoted(bytes, at) : ScanPlain(bytes, at);
            if (end < 0)
            {
                OddField = InnerLines > 0 ? OddField : Count + 1;
                return CsvScan.OpenQuote;
            }

            if (end >= bytes.Length)
            {
                (Content, Consumed) = (bytes.Length, bytes.Length);
                return CsvScan.RanOut;
            }

            if (bytes[end] == Separator)
            {
                at = end + 1;
                continue;
            }

            int breakLength = LineBreakAt(bytes, end);
            (Content, Consumed) = (end, end + breakLength);
            if (breakLength > 0)
            {
                return CsvScan.Record;
            }

            OddField = InnerLines > 0 ? OddField : Count;
            return CsvScan.TextAfterQuote;
        }
    }

    /// <returns>Where the field ends: at a separator, at a line break or at the end of the bytes.</returns>
    private int ScanPlain(ReadOnlySpan<byte> bytes, int at)
    {
        int length = bytes[at..].IndexOfAny(Separator, LineFeed);
        int end = length < 0 ? bytes.Length : at + length;
        if (length > 0 && bytes[end] == LineFeed && bytes[end - 1] == CarriageReturn)
        {
            end--;
        }

        _fields.Add((at, end - at, false));
        return end;
    }

    /// <returns>The place after the closing quote; negative when there is none.</returns>
    private int ScanQuoted(ReadOnlySpan<byte> bytes, int at)
    {
        bool doubled = false;
        int from = at + 1;
        while (true)
        {
            int length = bytes[from..].IndexOf(Quote);
            if (length < 0)
            {
                return -1;
            }

            int next = from + length + 1;
            if (next >= bytes.Length || bytes[next] != Quote)
            {
                ReadOnlySpan<byte> field = bytes[(at + 1)..(next - 1)];
                _fields.Add((at + 1, field.Length, doubled));
                CountLines(field);
                return next;
            }

            doubled = true;
            from = next + 1;
        }
    }

    private void CountLines(ReadOnlySpan<byte> field)
    {
        int lines = field.Count(LineFeed);
        if (lines > 0 && InnerLines == 0)
        {
            OddField = Count;
        }

        InnerLines += lines;
    }

    private static int LineBreakAt(ReadOnlySpan<byte> bytes, int at) =>
        bytes[at] switch
        {
            LineFeed => 1,
            CarriageReturn when at + 1 < bytes.Length && bytes[at + 1] == LineFeed => 2,
            _ => 0,
        };

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> field)
    {
        if (_unescaped.Length < field.Length)
        {
            _unescaped = new byte[Math.Max(field.Length, 256)];
        }

        int count = 0;
        for (int i = 0; i < field.Length; i++)
        {
            _unescaped[count++] = field[i];
            if (field[i] == Quote)
            {
                i++;
            }
        }

        return _unescaped.AsSpan(0, count);
    }
}
