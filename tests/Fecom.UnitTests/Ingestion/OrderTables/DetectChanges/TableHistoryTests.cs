using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Ingestion.OrderTables.DetectChanges;

/// <summary>What the files of a table become.</summary>
public sealed class TableHistoryTests : IDisposable
{
    private const string Header = "Order_ID;Payment_Sequential;Payment_Type;Payment_Installments;Payment_Value\n";

    private readonly TableHistory _payments = new(FecomTables.OrderPayments);

    [Fact]
    public void AFirstFile_IsAllNew()
    {
        OutgoingMessage message = Assert.Single(
            _payments.Messages(Encoding.UTF8.GetBytes(Header + "o1;2;card;;12,50\n"), "Fecom Inc Order Payments.csv")
        );
        Assert.Equal(
            """{"op":"c","before":null,"after":{"order_id":"o1","payment_sequential":2,"payment_type":"card","payment_installments":null,"payment_value":12.50},"source":{"file":"Fecom Inc Order Payments.csv","line":2,"snapshot":1,"ts":"2026-01-02T03:04:05Z"}}""",
            Encoding.UTF8.GetString(message.Value)
        );
        Assert.Equal("o1/2", Encoding.UTF8.GetString(message.Key!));
        Assert.Equal(new MessageOrigin("fecom:order_payments", 1, TableHistory.Taken), message.Origin);
    }

    [Fact]
    public void ANextFile_IsItsChanges()
    {
        _payments.Take(Header + "o1;1;card;1;1.00\no2;1;card;1;2.00\no3;1;card;1;3.00\n");
        List<RowChange> changes = _payments.Take(
            Header + "o4;1;card;1;4.00\no3;1;card;1;3.00\no1;1;cash;1;1.00\n",
            "next.csv"
        );
        Assert.Equal(
            ["c o4", "d o2", "u o1"],
            changes
                .Select(change => $"{change.Op} {TableHistory.Values(change.After ?? change.Before)["order_id"]}")
                .Order(StringComparer.Ordinal)
        );
        RowChange updated = changes.Single(change => change.Op == "u");
        Assert.Equal(
            ("card", "cash"),
            (TableHistory.Values(updated.Before)["payment_type"], TableHistory.Values(updated.After)["payment_type"])
        );
        Assert.Equal(("next.csv", 4, 2), (updated.Source.File, updated.Source.Line, updated.Source.Snapshot));
        RowChange gone = changes.Single(change => change.Op == "d");
        Assert.Equal((null, null), (gone.After, gone.Source.Line));
        Assert.Empty(_payments.Take(Header + "o1;1;cash;1;1.00\r\no3;1;card;1;3.00\r\no4;1;card;1;4.00\r\n"));
    }

    [Theory]
    [InlineData(
        "\uFEFFpayment_value,PAYMENT_TYPE,order_id,payment_installments,payment_sequential\n\"1,00\",card,o1,1,1\n"
    )]
    [InlineData(
        "Order_ID;Payment_Sequential;Note;Payment_Type;Payment_Installments;Payment_Value\r\n o1 ;1;x;card;1;1,00\r\n"
    )]
    [InlineData(
        "\"Order_ID\";\"Payment_Sequential\";\"Payment_Type\";\"Payment_Installments\";\"Payment_Value\"\n\"o1\";\"1\";\"card\";\"1\";\"1.00\""
    )]
    public void AnotherDialect_IsNoChange(string file)
    {
        _payments.Take(Header + "o1;1;card;1;1.00\n");
        Assert.Empty(_payments.Take(file));
        Assert.True(_payments.Draft.IsTaken);
    }

    [Fact]
    public void ACompressedFile_IsItsContent()
    {
        byte[] content = Encoding.UTF8.GetBytes(Header + "o1;1;card;1;1.00\n");
        _payments.Take(content);
        Assert.Empty(_payments.Take(Zip(content), "payments.csv.gz"));
        Assert.True(_payments.Draft.IsTaken);
    }

    [Fact]
    public void AFurtherColumn_IsLeftOutAndNamed()
    {
        _payments.Take(Header.Replace("\n", ";Note;Mood\n", StringComparison.Ordinal) + "o1;1;card;1;1.00;x;y\n");
        Assert.Equal("Columns that are left out: note, mood.", _payments.Draft.Notice);
    }

    [Theory]
    [InlineData(
        "Order_ID;Payment_Sequential;Kind;Payment_Installments;Amount\n1;1;1;1;1\n",
        "The header lacks payment_type, payment_value; unknown: kind, amount."
    )]
    [InlineData(
        "Order_ID;Order_ID;Payment_Sequential;Payment_Type;Payment_Installments;Payment_Value\n",
        "The header has order_id more than once."
    )]
    [InlineData("nothing of this\n\n", "The header lacks order_id, payment_sequential")]
    public void AHeaderThatDoesNotFit_IsRefusedByName(string file, string reason)
    {
        Assert.Empty(_payments.Take(file));
        Assert.StartsWith(reason, _payments.Draft.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "The file is empty.")]
    [InlineData("Order_ID;Payment_Seq", "The file has one line, without a line break.")]
    [InlineData(Header, "The file has a header and no row")]
    [InlineData(Header + "o1;1;card;1;1.00\no2;1;ca", "The file ends in the middle of line 3")]
    public void AFileThatIsNotWhole_IsWaitedFor(string file, string waiting)
    {
        _payments.Take(Header + "o1;1;card;1;1.00\no2;1;card;1;1.00\n");
        Assert.Empty(_payments.Take(file));
        Assert.StartsWith(waiting, _payments.Draft.Waiting, StringComparison.Ordinal);
    }

    [Fact]
    public void ACompressedFileThatIsCut_IsNeverTaken()
    {
        byte[] zipped = Zip(
            Encoding.UTF8.GetBytes(
                Header + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"o{i};1;card;1;1.00\n"))
            )
        );
        for (int length = 1; length < zipped.Length; length += 97)
        {
            Assert.Empty(_payments.Take(zipped[..length], "payments.csv.gz"));
            Assert.False(_payments.Draft.IsTaken);
        }

        Assert.Empty(_payments.Take(zipped[..^1], "payments.csv.gz"));
        Assert.StartsWith("The compressed data is damaged in line ", _payments.Draft.Refusal, StringComparison.Ordinal);
        Assert.Contains("the compressed file ends early", _payments.Draft.Refusal, StringComparison.Ordinal);
        Assert.Equal(5_000, _payments.Take(zipped, "payments.csv.gz").Count);
    }

    [Fact]
    public void ACompressedFileOfSeveralMembers_IsAllOfThem()
    {
        byte[] members =
        [
            .. Zip(Encoding.UTF8.GetBytes(Header + "o1;1;card;1;1.00\n")),
            .. Zip(Encoding.UTF8.GetBytes("o2;1;card;1;1.00\n")),
        ];
        Assert.Equal(2, _payments.Take(members, "payments.csv.gz").Count);
    }

    [Fact]
    public void RowsWithoutKeyOrValue_AreCountedWithExamples()
    {
        string file =
            Header
            + string.Concat(Enumerable.Repeat(";;;;\n", 7))
            + "o1;;card;1;1.00\n;1;card;1;1.00\no1;1;card;1;1.00\n";
        Assert.Single(_payments.Take(file));
        Assert.Equal((7, "line 2"), (_payments.Findings.Empty.Count, _payments.Findings.Empty.Examples[0]));
        Assert.Equal(5, _payments.Findings.Empty.Examples.Count);
        Assert.Equal(
            (2, "line 9: o1;;card;1;1.00"),
            (_payments.Findings.WithoutKey.Count, _payments.Findings.WithoutKey.Examples[0])
        );
    }

    [Fact]
    public void OfRowsWithOneKey_TheLastCounts()
    {
        RowChange change = Assert.Single(
            _payments.Take(Header + "o1;1;card;1;1.00\no1;1;cash;1;1.00\no1;1;boleto;1;1.00\n")
        );
        Assert.Equal(("boleto", 4), (TableHistory.Values(change.After)["payment_type"], change.Source.Line));
        Assert.Equal(
            (2, "line 2: its key comes again in line 3, which counts"),
            (_payments.Findings.Duplicate.Count, _payments.Findings.Duplicate.Examples[0])
        );
        Assert.Empty(_payments.Take(Header + "o1;1;boleto;1;1.00\n"));
    }

    [Fact]
    public void ARowWhoseLineCannotBeRead_StaysAsItWasUntilItCan()
    {
        _payments.Take(Header + "o1;1;card;1;1.00\no2;1;card;1;2.00\no3;1;card;1;3.00\n");
        Assert.Equal("d", Assert.Single(_payments.Take(Header + "o1;1;card;1;1.00\no2;1;\"ca\"rd;1;2.00\n")).Op);
        Assert.Equal((1, 1, 2), (_payments.Findings.Malformed.Count, _payments.Counts.Held, _payments.Counts.Rows));
        Assert.Equal(
            "line 3 has text after the closing quote of field 3: o2;1;\"ca\"rd;1;2.00",
            _payments.Findings.Malformed.Examples[0]
        );
        Assert.Empty(_payments.Take(Header + "o1;1;card;1;1.00\no2;1;card\n"));
        RowChange change = Assert.Single(_payments.Take(Header + "o1;1;card;1;1.00\no2;1;cash;1;2.00\n"));
        Assert.Equal(("u", "card"), (change.Op, TableHistory.Values(change.Before)["payment_type"]));
    }

    [Fact]
    public void AReviewOverSeveralLines_IsOneRow()
    {
        using TableHistory reviews = new(FecomTables.OrderReviews);
        string header = string.Join(';', FecomTables.OrderReviews.Columns.Select(column => column.Header)) + "\n";
        RowChange change = Assert.Single(
            reviews.Take(
                header + "r1;o1;5;;\"First; \"\"good\"\".\r\nSecond: never came.\";2024-01-01 00:00;2024-01-02 00:00\n"
            )
        );
        Assert.Equal(
            "First; \"good\".\r\nSecond: never came.",
            TableHistory.Values(change.After)["review_comment_message_en"]
        );
        Assert.Equal(JsonValueKind.Null, change.After!.Value.GetProperty("review_comment_title_en").ValueKind);
    }

    [Fact]
    public void AZeroCharacter_IsKeptInTheRowAndNotInExamples()
    {
        RowChange change = Assert.Single(_payments.Take(Header + "o1;1;c\0d;1;1.00\n;1;c\0d;1;1.00\n"));
        Assert.Equal("c\0d", TableHistory.Values(change.After)["payment_type"]);
        Assert.DoesNotContain('\0', _payments.Findings.WithoutKey.Examples[0]);
    }

    public void Dispose() => _payments.Dispose();

    private static byte[] Zip(byte[] content)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return zipped.ToArray();
    }
}
