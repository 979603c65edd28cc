using System.Text;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.UnitTests.Ingestion.Shared.ReadCsv;

/// <summary>A record as a test looks at it.</summary>
internal sealed record CsvRow(
    long Line,
    long Offset,
    CsvPosition Next,
    CsvFault Fault,
    string Message,
    bool Terminated,
    string Record,
    string Fields
);

internal static class Csv
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Every record after the header.</summary>
    public static List<CsvRow> Rows(string text) => Rows(new MemoryStream(Bytes(text)));

    public static List<CsvRow> Rows(Stream stream)
    {
        using CsvRecordReader reader = new(stream);
        return reader.ReadHeader() ? Rest(reader) : [];
    }

    public static List<CsvRow> Rest(CsvRecordReader reader)
    {
        List<CsvRow> rows = [];
        while (reader.Read())
        {
            rows.Add(Row(reader));
        }

        return rows;
    }

    private static CsvRow Row(CsvRecordReader reader)
    {
        IEnumerable<string> fields =
            reader.Fault == CsvFault.None
                ? Enumerable.Range(0, reader.FieldCount).Select(i => Text(reader.Field(i)))
                : [];
        string joined = string.Join('|', fields);
        return new CsvRow(
            reader.Line,
            reader.Offset,
            reader.Next,
            reader.Fault,
            reader.FaultMessage,
            reader.Terminated,
            Text(reader.Record),
            joined
        );
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

/// <summary>Gives a few bytes at a time, as a pipe or a decompressor may.</summary>
internal sealed class DribblingStream(byte[] bytes, int maxBytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, maxBytes)]);
}
