using Fecom.Ingestion.Shared.ReadCsv;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Shared.ReadCsv;

public sealed class CsvProperties
{
    private static readonly Gen<string> Field = Gen.Elements('a', 'é', '€', ',', ';', '"', '\n', '\r', ' ', '0')
        .ArrayOf()
        .Select(chars => new string(chars));

    [Fact]
    public void WhatAWriterQuotes_TheReaderReadsBack()
    {
        Gen<string[][]> tables = Gen.Choose(2, 5).SelectMany(columns => Field.ArrayOf(columns).ArrayOf());
        Prop.ForAll(tables.ToArbitrary(), RoundTrips).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void WhateverTheBytes_TheReaderAgreesWithASlowOracle()
    {
        Gen<string> texts = Gen.Elements('a', 'b', ',', '"', '\n', '\r')
            .ArrayOf()
            .Select(chars => new string(chars))
            .Resize(60);
        Prop.ForAll(texts.ToArbitrary(), AgreesWithOracle).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void OfWhatMayGrow_TheWholeRowsAreThoseOfTheWhole()
    {
        Gen<string> texts = Gen.Elements('a', 'b', ',', '"', '\n', '\r')
            .ArrayOf()
            .Select(chars => new string(chars))
            .Resize(40);
        Prop.ForAll(texts.ToArbitrary(), EveryBeginningAgrees).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    private static void EveryBeginningAgrees(string text)
    {
        string whole = "h,h\n" + text;
        List<CsvRow> all = Csv.Rows(whole);
        for (int cut = 4; cut <= whole.Length; cut++)
        {
            using CsvRecordReader reader = new(new MemoryStream(Csv.Bytes(whole[..cut]))) { MayGrow = true };
            reader.ReadHeader();
            List<CsvRow> beginning = Csv.Rest(reader).FindAll(row => row.Terminated);
            Assert.Equal(all.Take(beginning.Count), beginning);
        }
    }

    private static void RoundTrips(string[][] table)
    {
        IEnumerable<string> lines = table.Select(row =>
            string.Join(',', row.Select(field => '"' + field.Replace("\"", "\"\"", StringComparison.Ordinal) + '"'))
        );
        string header = string.Join(
            ',',
            Enumerable.Range(0, table.Length == 0 ? 2 : table[0].Length).Select(i => $"c{i}")
        );
        using CsvRecordReader reader = new(
            new MemoryStream(Csv.Bytes(string.Concat(lines.Prepend(header).Select(line => line + "\r\n"))))
        );
        reader.ReadHeader();
        foreach (string[] row in table)
        {
            Assert.True(reader.Read());
            Assert.Equal(CsvFault.None, reader.Fault);
            Assert.Equal(
                row,
                Enumerable.Range(0, reader.FieldCount).Select(i => System.Text.Encoding.UTF8.GetString(reader.Field(i)))
            );
        }

        Assert.False(reader.Read());
    }

    private static void AgreesWithOracle(string text)
    {
        string whole = "h,h\n" + text;
        var expected = CsvOracle.Rows(whole, 2).Skip(1);
        var read = Csv.Rows(whole)
            .Select(row =>
                (row.Line, (int)row.Offset, row.Fault == CsvFault.None, row.Terminated, row.Record, row.Fields)
            );
        Assert.Equal(expected, read);
    }
}
