using System.Text;
using Fecom.Features.ExportFeatures;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Features;

public sealed class CsvRowsTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a \"b\"", "\"a \"\"b\"\"\"")]
    [InlineData("line\r\nbreak", "\"line\r\nbreak\"")]
    [InlineData("марка, ключ", "\"марка, ключ\"")]
    public void Add_OfAText_QuotesWhatCsvWouldReadOtherwise(string text, string field) =>
        Assert.Equal(field, Field(text));

    [Fact]
    public void Add_OfListsByChance_IsTheirJsonInQuotes()
    {
        Random random = new(1);
        string[] some = ["p1", "a b", "", "q\"uote", "back\\slash", "tab\t", "del\u007f", "é", "😀", "com,ma", "<&'+>"];
        for (int i = 0; i < 5_000; i++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(5)).Select(_ => some[random.Next(some.Length)])];
            string json = CsvFeatureFile.TextOf(texts);

            Assert.Equal(texts.Length == 0 ? json : $"\"{json.Replace("\"", "\"\"")}\"", Field(texts));
        }
    }

    [Fact]
    public void Add_OfMoreThanTheBufferHolds_KeepsAll()
    {
        CsvRows rows = new();
        for (int i = 0; i < 300_000; i++)
        {
            rows.Add(12_345.5);
            rows.EndField();
        }

        Assert.Equal(string.Concat(Enumerable.Repeat("12345.5,", 300_000)), Encoding.UTF8.GetString(rows.Bytes.Span));
    }

    private static string Field(FeatureValue value)
    {
        CsvRows rows = new();
        rows.Add(value);
        return Encoding.UTF8.GetString(rows.Bytes.Span);
    }
}
