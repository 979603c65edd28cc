using System.Text;
using Fecom.Ingestion.Shared.ReadCsv;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Shared.ReadCsv;

public sealed class CsvRecordReaderTests
{
    [Theory]
    [InlineData("a,b\n1,2\n3,4\n")]
    [InlineData("a,b\r\n1,2\r\n3,4\r\n")]
    [InlineData("\uFEFFa,b\n1,2\n3,4\n")]
    [InlineData("a;b\n1;2\n3;4\n")]
    [InlineData("a,b\n\n1,2\r\n\r\n\n3,4\n")]
    [InlineData("\"a\",\"b\"\n\"1\",2\n3,\"4\"\n")]
    public void Read_WhateverTheDialect_YieldsTheFields(string text)
    {
        List<CsvRow> rows = Csv.Rows(text);
        Assert.Equal(["1|2", "3|4"], rows.Select(row => row.Fields));
        Assert.All(rows, row => Assert.True(row.Terminated));
    }

    [Fact]
    public void Read_WhenFieldsAreQuoted_UnescapesSeparatorsQuotesAndLineBreaks()
    {
        CsvRow row = Assert.Single(Csv.Rows("a,b,c\n\"x,\"\"y\"\"\",\"two\r\nlines\",\"\"\n"));
        Assert.Equal("x,\"y\"|two\r\nlines|", row.Fields);
    }

    [Fact]
    public void Read_AfterARecordOfSeveralLines_CountsPhysicalLines()
    {
        List<CsvRow> rows = Csv.Rows("a,b\n\"1\n1\n1\",2\n\n3,4\n");
        Assert.Equal([2, 6], rows.Select(row => row.Line));
        Assert.Equal([4, 15], rows.Select(row => row.Offset));
        Assert.Equal(new CsvPosition(19, 7), rows[1].Next);
    }

    [Theory]
    [InlineData("1,2,3", "line 2 has 3 fields, expected 2")]
    [InlineData("1", "line 2 has 1 fields, expected 2")]
    [InlineData("1,\"2\" x", "line 2 has text after the closing quote of field 2")]
    [InlineData("1,\"2", "line 2 opens a quote in field 2 that is not closed as it should be")]
    [InlineData("\"1,2\n3,4\n5,6\",7,8", "line 2 opens a quote in field 1 that is not closed as it should be")]
    public void Read_WhenARecordDoesNotFit_KeepsItsFirstLineAndGoesOnAtTheNext(string broken, string message)
    {
        List<CsvRow> rows = Csv.Rows($"a,b\n{broken}\n9,9\n");
        Assert.Equal(message, rows[0].Message);
        Assert.Equal(broken.Split('\n')[0], rows[0].Record);
        Assert.Equal("9|9", rows[^1].Fields);
        Assert.Equal(broken.Count(c => c == '\n') + 3, rows[^1].Line);
    }

    [Fact]
    public void Read_WhenAQuoteIsStray_LosesOneLineOnly()
    {
        string tail = string.Concat(Enumerable.Repeat("1,2\n", 50_000));
        List<CsvRow> rows = Csv.Rows("a,b\n\"x,2\n" + tail);
        Assert.Equal(CsvFault.OpenQuote, rows[0].Fault);
        Assert.Equal(50_000, rows.Count(row => row.Fields == "1|2"));
    }

    [Theory]
    [InlineData(CsvRecordReader.MaxRecordBytes - 2, nameof(CsvFault.None))]
    [InlineData(CsvRecordReader.MaxRecordBytes - 1, nameof(CsvFault.TooLong))]
    [InlineData(10 * CsvRecordReader.MaxRecordBytes, nameof(CsvFault.TooLong))]
    public void Read_WhenALineIsLong_HoldsTheLimitAndGoesOn(int length, string fault)
    {
        foreach (string lineBreak in (string[])["\n", "\r\n"])
        {
            string text = "a,b" + lineBreak + new string('x', length) + ",2" + lineBreak + "9,9" + lineBreak;
            List<CsvRow> rows = Csv.Rows(text);
            Assert.Equal([fault, nameof(CsvFault.None)], rows.Select(row => row.Fault.ToString()));
            Assert.Equal(Math.Min(length + 2, CsvRecordReader.MaxRecordBytes), rows[0].Record.Length);
            Assert.Equal((3, "9|9", (long)text.Length), (rows[1].Line, rows[1].Fields, rows[1].Next.Offset));
            Assert.Equal(3 + lineBreak.Length, rows[0].Offset);
        }
    }

    [Fact]
    public void Read_WhenARowIsNotUtf8_SaysSo()
    {
        byte[] bytes = [.. "a,b\n1,"u8, 0xE9, .. "\n3,4\n"u8];
        List<CsvRow> rows = Csv.Rows(new MemoryStream(bytes));
        Assert.Equal("line 2 is not valid UTF-8", rows[0].Message);
        Assert.Equal("3|4", rows[1].Fields);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,4", nameof(CsvFault.None))]
    [InlineData("a,b\n1,2\n3", nameof(CsvFault.FieldCount))]
    [InlineData("a,b\n1,2\n3,\"4", nameof(CsvFault.OpenQuote))]
    public void Read_WhenTheLastLineHasNoBreak_SaysThatItIsNotTerminated(string text, string fault)
    {
        CsvRow last = Csv.Rows(text)[^1];
        Assert.Equal((false, fault, 3), (last.Terminated, last.Fault.ToString(), last.Line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n")]
    [InlineData("\uFEFF")]
    public void ReadHeader_WhenThereIsNone_IsFalse(string text)
    {
        using CsvRecordReader reader = new(new MemoryStream(Csv.Bytes(text)));
        Assert.False(reader.ReadHeader());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public void Read_HoweverTheBytesArrive_YieldsTheSame(int maxBytes)
    {
        byte[] bytes = Sample(3_000);
        Assert.Equal(Csv.Rows(new MemoryStream(bytes)), Csv.Rows(new DribblingStream(bytes, maxBytes)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryMoveTo_ToAnyRecord_YieldsTheRestAndTheBytesBefore(bool seekable)
    {
        byte[] bytes = Sample(1_000);
        List<CsvRow> all = Csv.Rows(new MemoryStream(bytes));
        for (int done = 0; done < all.Count; done += 13)
        {
            using CsvRecordReader reader = new(seekable ? new MemoryStream(bytes) : new DribblingStream(bytes, 1_000));
            reader.ReadHeader();
            CsvPosition position = all[done].Next;
            Assert.True(reader.TryMoveTo(position));
            int before = (int)Math.Min(position.Offset, ByteWindow.BehindBytes);
            Assert.True(reader.BeforeNext.SequenceEqual(bytes.AsSpan((int)position.Offset - before, before)));
            Assert.Equal(all.Skip(done + 1), Csv.Rest(reader));
        }
    }

    [Fact]
    public void TryMoveTo_BeyondTheEnd_IsFalse()
    {
        using CsvRecordReader reader = new(new MemoryStream(Sample(10)));
        reader.ReadHeader();
        Assert.False(reader.TryMoveTo(new CsvPosition(1_000_000, 50_000)));
    }

    private static byte[] Sample(int rows)
    {
        StringBuilder text = new("a;b;c\r\n");
        for (int i = 0; i < rows; i++)
        {
            text.Append(
                    i % 7 == 0 ? $"\"{i}\n\"\"{new string('é', i % 311)}\"\";\";x;" : $"{i};{new string('y', i % 97)};"
                )
                .Append("z\r\n");
        }

        return Csv.Bytes(text.ToString());
    }
}
