using System.Text;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.ReadCsv;
using Xunit;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

public sealed class BehaviorHeaderTests
{
    [Theory]
    [InlineData("event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session")]
    [InlineData("user_session;user_id;price;brand;category_code;category_id;product_id;event_type;event_time")]
    [InlineData(
        "\uFEFFrow,Event_Time, event_type ,product_id,category_id,category_code,brand,\"price\",user_id,user_session,note"
    )]
    public void TryRead_InAnyOrderWithFurtherColumns_IsTaken(string header) =>
        Assert.Null(Refusal(Encoding.UTF8.GetBytes(header + "\n")));

    [Fact]
    public void TryRead_WhenColumnsAreMissing_NamesThemAndTheUnknownOnes()
    {
        string? refusal = Refusal(
            "event_time,event_type,item,category_id,category_code,brand,cost,user_id,user_session\n"u8.ToArray()
        );
        Assert.StartsWith(
            "The header lacks product_id, price; unknown: item, cost.",
            refusal,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void TryRead_WhenAColumnIsThereTwice_NamesIt() =>
        Assert.Equal(
            "The header has price more than once.",
            Refusal(Encoding.UTF8.GetBytes(BehaviorCsv.Header + ",price\n"))
        );

    [Fact]
    public void TryRead_WhenTheFileIsUtf16_SaysSo() =>
        Assert.Equal(
            "The file is UTF-16; save it as UTF-8.",
            Refusal([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(BehaviorCsv.Header + "\n")])
        );

    [Fact]
    public void TryRead_WhenTheFileIsSomethingElse_IsRefusedInReadableLength()
    {
        string noise = string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"column{i}"));
        Assert.InRange(Refusal(Encoding.UTF8.GetBytes(noise + "\n"))!.Length, 100, 1_000);
    }

    private static string? Refusal(byte[] file)
    {
        using CsvRecordReader reader = new(new MemoryStream(file));
        Assert.True(reader.ReadHeader());
        BehaviorHeader.TryRead(reader, out _, out string? refusal);
        return refusal;
    }
}
