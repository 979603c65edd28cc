using System.Text;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Shared.ReadCsv;

public sealed class DecimalCommaTests
{
    private const string Header =
        "event_time;event_type;product_id;category_id;category_code;brand;price;user_id;user_session";

    [Theory]
    [InlineData("35,79", "35.79")]
    [InlineData("0,5", "0.5")]
    [InlineData("-1,20", "-1.20")]
    [InlineData("1234,50", "1234.50")]
    [InlineData("1.234,50", "1234.50")]
    [InlineData("12.345.678,9", "12345678.9")]
    [InlineData("1 234,50", "1234.50")]
    [InlineData("1\u00A0234,50", "1234.50")]
    [InlineData("1\u202F234,50", "1234.50")]
    [InlineData("1'234,50", "1234.50")]
    [InlineData("1’234,50", "1234.50")]
    public void A_decimal_comma_is_the_point_of_a_number(string text, string number) =>
        Assert.Equal(number, Read(text));

    [Theory]
    [InlineData("35")]
    [InlineData("35.79")]
    [InlineData("1.234")]
    [InlineData("1,234.50")]
    [InlineData("12.34,50")]
    [InlineData("1.2345,50")]
    [InlineData("1.234 567,50")]
    [InlineData(".234,50")]
    [InlineData("1.,50")]
    [InlineData(",50")]
    [InlineData("35,")]
    [InlineData("1,2,3")]
    [InlineData("01,50")]
    [InlineData("0.123,50")]
    [InlineData("35,79 EUR")]
    [InlineData("--1,5")]
    [InlineData("")]
    public void Anything_else_is_left_alone(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData("35,79", "35.79")]
    [InlineData("1.234,50", "1234.50")]
    [InlineData("35.79", "35.79")]
    [InlineData("35", "35")]
    [InlineData("0.125", "0.125")]
    [InlineData("1.234", "\"1.234\"")]
    [InlineData("12.345", "\"12.345\"")]
    public void A_file_with_semicolons_has_prices_with_a_decimal_comma(string price, string json)
    {
        string written = BehaviorCsv.Text(BehaviorCsv.Message($"t;view;1;1;c;b;{price};u;s", Header).Value);
        Assert.Contains($"\"price\":{json},", written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"35,79\"", "\"35,79\"")]
    [InlineData("1.234", "1.234")]
    public void A_file_with_commas_has_not(string price, string json) =>
        Assert.Contains(
            $"\"price\":{json},",
            BehaviorCsv.Text(BehaviorCsv.Message($"t,view,1,1,c,b,{price},u,s").Value),
            StringComparison.Ordinal
        );

    private static string? Read(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] number = new byte[bytes.Length];
        return DecimalComma.TryRead(bytes, number, out int length) ? Encoding.UTF8.GetString(number, 0, length) : null;
    }
}
