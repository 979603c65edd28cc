using System.Text;
using Fecom.Ingestion.EventFiles.LoadEventFiles;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

/// <summary>A file that is read up to some byte, and read on from the stored position once all of it is there.</summary>
public sealed class ResumptionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-load-");

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void AtEveryByte_EachRowComesOnceUnderItsLine(string lineBreak)
    {
        byte[] file = Encoding.UTF8.GetBytes(File(lineBreak));
        List<string> expected = Described(Read(file, null).Messages);
        Assert.Equal(8, expected.Count);
        for (int cut = 0; cut <= file.Length; cut++)
        {
            (List<OutgoingMessage> before, LoadPosition? position, _) = Read(file[..cut], null, mayGrow: true);
            (List<OutgoingMessage> after, LoadPosition? end, _) = Read(file, position);
            Assert.Equal(expected, Described([.. before, .. after]));
            Assert.Equal(expected.Count, end!.Rows);
            Assert.Equal(1, end.Malformed);
        }
    }

    [Fact]
    public void AnEndInTheMiddleOfALine_IsReported()
    {
        byte[] file = Encoding.UTF8.GetBytes(File("\n"));
        (List<OutgoingMessage> messages, LoadPosition? position, FileEnd? end) = Read(file[..^20], null);
        Assert.Equal("The file ends in the middle of line 11; it is loaded up to there.", end!.Notice);
        Assert.Equal(7, messages.Count);
        Assert.Equal(11, position!.Next.Line);
    }

    [Fact]
    public void ALastLineThatLacksOnlyItsBreak_IsSentButNotPassed()
    {
        byte[] file = Encoding.UTF8.GetBytes(File("\n"));
        (List<OutgoingMessage> messages, LoadPosition? position, FileEnd? end) = Read(file[..^1], null);
        Assert.Equal((8, 7, 11), (messages.Count, position!.Rows, position.Next.Line));
        Assert.Equal((true, null), (end!.LastLineSent, end.Notice));
    }

    [Fact]
    public void AReplacedFile_IsNotTakenForTheOneBefore()
    {
        string file = File("\n");
        LoadPosition position = Read(Encoding.UTF8.GetBytes(file), null).Position!;
        byte[] other = Encoding.UTF8.GetBytes(file.Replace(",brand7,", ",brand8,", StringComparison.Ordinal));
        Assert.Null(TryOpen(other, position));
        Assert.Null(TryOpen(other[..^40], position));
        TryOpen(Encoding.UTF8.GetBytes(file + BehaviorCsv.Row + "\n"), position)!.Dispose();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Eight rows: a quoted line break, a malformed row and an empty line among them.</summary>
    private static string File(string lineBreak)
    {
        List<string> lines = [BehaviorCsv.Header];
        for (int i = 0; i < 8; i++)
        {
            string brand = i == 3 ? "\"two\nlines, \"\"quoted\"\"\"" : $"brand{i}";
            lines.Add(
                i == 5
                    ? "cut,short"
                    : $"2019-10-01 00:00:0{i} UTC,view,{i},2,c.d,{brand},{i}.50,5{i},72d76fde-8bb3-4e00-8c23-a032dfed738{i}"
            );
        }

        lines.Insert(5, string.Empty);
        return string.Join(lineBreak, lines) + lineBreak;
    }

    private static List<string> Described(List<OutgoingMessage> messages) =>
        [
            .. messages
                .Select(m =>
                    $"{m.Origin!.Value.Position} {BehaviorCsv.Text(m.Key)} {BehaviorCsv.Text(m.Value)} {m.Malformed}"
                )
                .Distinct(StringComparer.Ordinal)
                .OrderBy(text => int.Parse(text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)),
        ];

    private (List<OutgoingMessage> Messages, LoadPosition? Position, FileEnd? End) Read(
        byte[] content,
        LoadPosition? from,
        bool mayGrow = false
    )
    {
        string path = Save(content);
        FileIdentity identity;
        using (BehaviorFile first = BehaviorFile.Open(path, mayGrow))
        {
            identity = FileIdentity.Read(first);
        }

        if (identity.Fingerprint is null)
        {
            return ([], from, null);
        }

        LoadPosition start = from ?? identity.Start!;
        using BehaviorFile file = TryOpen(content, start, mayGrow)!;
        using RawEventWriter writer = new(file.Header!, "file:test.csv@0");
        RowBatches batches = new(file, writer, identity.LastLine, start, batchRows: 3);
        List<OutgoingMessage> messages = [];
        RowBatch batch;
        do
        {
            batch = batches.Next(BehaviorCsv.Received);
            messages.AddRange(batch.Messages);
        } while (batch.End is null);

        return (messages, batch.Position, batch.End);
    }

    private BehaviorFile? TryOpen(byte[] content, LoadPosition position, bool mayGrow = false) =>
        FileLoader.TryOpenAt(Save(content), mayGrow, position);

    private string Save(byte[] content)
    {
        string path = Path.Combine(_folder.FullName, "events.csv");
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }
}
