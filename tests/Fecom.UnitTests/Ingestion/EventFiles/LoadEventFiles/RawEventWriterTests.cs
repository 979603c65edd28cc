using System.Text;
using System.Text.Json;
using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

public sealed class RawEventWriterTests
{
    [Fact]
    public void Write_OfARow_IsTheRawEvent()
    {
        OutgoingMessage message = BehaviorCsv.Message(BehaviorCsv.Row);
        Assert.Equal(
            """{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":44600062,"category_id":2103807459595387724,"category_code":null,"brand":"shiseido","price":35.79,"user_id":541312140,"user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c"}""",
            BehaviorCsv.Text(message.Value)
        );
        Assert.Equal("541312140", BehaviorCsv.Text(message.Key));
        Assert.Equal(new MessageOrigin("file:test.csv@0", 2, BehaviorCsv.Received), message.Origin);
        Assert.Null(message.Malformed);
    }

    [Fact]
    public void Write_WhenColumnsStandElsewhere_FindsThem()
    {
        OutgoingMessage message = BehaviorCsv.Message(
            "u;note;s;1.5;b;c;7;8;view;t",
            "user_id;x;user_session;price;brand;category_code;category_id;product_id;event_type;event_time"
        );
        Assert.Equal(
            """{"event_time":"t","event_type":"view","product_id":8,"category_id":7,"category_code":"c","brand":"b","price":1.5,"user_id":"u","user_session":"s"}""",
            BehaviorCsv.Text(message.Value)
        );
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("17", "17")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775808", "\"9223372036854775808\"")]
    [InlineData("017", "\"017\"")]
    [InlineData("+17", "\"+17\"")]
    [InlineData("1.0", "\"1.0\"")]
    [InlineData("a-17", "\"a-17\"")]
    [InlineData("", "null")]
    public void Write_OfAnId_IsANumberOnlyWhenItsTextIsTheNumbers(string id, string json) =>
        Assert.Contains(
            $"\"product_id\":{json},",
            BehaviorCsv.Text(BehaviorCsv.Message($"t,view,{id},1,c,b,1,u,s").Value),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("0")]
    [InlineData("33.20")]
    [InlineData("-1")]
    [InlineData("1e400")]
    [InlineData("1.5E+3")]
    public void Write_OfANumericPrice_KeepsItAsItStands(string price) => Assert.Equal(price, Price(price).GetRawText());

    [Theory]
    [InlineData("free")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("05")]
    [InlineData("1e")]
    [InlineData("-")]
    [InlineData("NaN")]
    [InlineData("12 EUR")]
    [InlineData("true")]
    public void Write_OfAPriceThatIsNoNumber_KeepsTheText(string price) =>
        Assert.Equal(price, Price(price).GetString());

    [Fact]
    public void Write_OfTextWithQuotesAndControlCharacters_IsValidJson()
    {
        OutgoingMessage message = BehaviorCsv.Message("t,view,1,1,c,\"a\"\"b\\\u0001\n€\",1,u,s");
        Assert.Equal("a\"b\\\u0001\n€", JsonDocument.Parse(message.Value).RootElement.GetProperty("brand").GetString());
    }

    [Fact]
    public void Write_OfARowThatDoesNotFit_KeepsTheLineAndSaysWhy()
    {
        OutgoingMessage message = BehaviorCsv.Message("2019-10-01 00:00:00 UTC,view,1,2,c,b,3");
        Assert.Equal("line 2 has 7 fields, expected 9", message.Malformed);
        Assert.Equal("2019-10-01 00:00:00 UTC,view,1,2,c,b,3", BehaviorCsv.Text(message.Value));
        Assert.Equal("2", BehaviorCsv.Text(message.Key));
    }

    [Fact]
    public void Write_WithoutAUser_HasAKeyThatIsTheSameNextTime() =>
        Assert.Equal("2", BehaviorCsv.Text(BehaviorCsv.Message("t,view,1,1,c,b,1,,s").Key));

    [Fact]
    public void Write_OfAThousandMangledCopies_YieldsJsonOrTheReason()
    {
        byte[] original = Encoding.UTF8.GetBytes(
            BehaviorCsv.Header + "\n" + string.Concat(Enumerable.Repeat(BehaviorCsv.Row + "\r\n", 200))
        );
        int body = BehaviorCsv.Header.Length + 1;
        Random random = new(17);
        for (int copy = 0; copy < 1_000; copy++)
        {
            byte[] mangled = [.. original];
            for (int flips = random.Next(1, 20); flips > 0; flips--)
            {
                mangled[random.Next(body, mangled.Length)] = random.Next(4) == 0 ? (byte)'"' : (byte)random.Next(256);
            }

            List<OutgoingMessage> messages = BehaviorCsv.Messages(new MemoryStream(mangled));
            Assert.All(messages, Readable);
            Assert.Equal(
                messages.Select(message => message.Origin!.Value.Position).Distinct().Order(),
                messages.Select(message => message.Origin!.Value.Position)
            );
        }
    }

    private static void Readable(OutgoingMessage message)
    {
        Assert.NotEmpty(message.Key!);
        if (message.Malformed is null)
        {
            JsonDocument.Parse(message.Value).Dispose();
        }
    }

    private static JsonElement Price(string price) =>
        JsonDocument.Parse(BehaviorCsv.Message($"t,view,1,1,c,b,{price},u,s").Value).RootElement.GetProperty("price");
}
