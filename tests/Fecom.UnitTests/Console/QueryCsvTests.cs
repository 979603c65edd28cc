using System.Text.Json;
using Fecom.WebConsole.Pages;
using Fecom.WebConsole.Requests;
using Xunit;

namespace Fecom.UnitTests.WebConsole;

public sealed class QueryCsvTests
{
    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"a \\\"b\\\", c\"", "\"a \"\"b\"\", c\"")]
    [InlineData("\"=HYPERLINK(1)\"", "'=HYPERLINK(1)")]
    [InlineData("\"+1\"", "'+1")]
    [InlineData("\"@x\"", "'@x")]
    [InlineData("-1.5", "-1.5")]
    [InlineData("true", "true")]
    [InlineData("null", "")]
    public void Of_AValue_IsAFieldThatNoSpreadsheetTakesForAFormula(string value, string field)
    {
        StoreAnswers.QueryResult result = new(
            [new("brand", "text")],
            [
                [JsonSerializer.Deserialize<JsonElement>(value)],
            ],
            TruncatedBy: null,
            ElapsedSeconds: 0
        );

        Assert.Equal($"\uFEFFbrand\r\n{field}\r\n", QueryCsv.Of(result));
    }
}
