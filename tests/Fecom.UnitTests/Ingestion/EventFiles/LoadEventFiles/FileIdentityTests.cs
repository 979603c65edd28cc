using System.IO.Compression;
using System.Text;
using Fecom.Ingestion.EventFiles.LoadEventFiles;
using Fecom.Ingestion.EventFiles.Shared;
using Xunit;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

public sealed class FileIdentityTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-identity-");

    [Fact]
    public void Read_OfAFileThatGrows_GivesTheSameFingerprint()
    {
        string first = Read($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n").Fingerprint!;
        Assert.Matches("^[0-9a-f]{12}$", first);
        Assert.Equal(first, Read($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n{BehaviorCsv.Row}\n").Fingerprint);
        Assert.Equal(first, Read($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}").Fingerprint);
        Assert.NotEqual(
            first,
            Read(
                $"{BehaviorCsv.Header}\n{BehaviorCsv.Row.Replace("35.79", "35.80", StringComparison.Ordinal)}\n"
            ).Fingerprint
        );
    }

    [Theory]
    [InlineData("", "The file is empty.")]
    [InlineData("\n\n", "The file is empty.")]
    [InlineData(
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n",
        "The file has no row yet."
    )]
    [InlineData(
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n1,2,3",
        "The file ends in the middle of line 2, its first row."
    )]
    [InlineData("event_time,event_ty", "The file has one line, without a line break.")]
    public void Read_OfAFileThatIsNotThereYet_SaysWhatItWaitsFor(string content, string waiting)
    {
        FileIdentity identity = Read(content);
        Assert.StartsWith(waiting, identity.Waiting, StringComparison.Ordinal);
        Assert.Null(identity.Fingerprint);
        Assert.Null(identity.Refusal);
    }

    [Fact]
    public void Read_OfAHeaderThatDoesNotFit_Refuses() =>
        Assert.StartsWith("The header lacks event_time", Read("a,b\n1,2\n").Refusal, StringComparison.Ordinal);

    [Fact]
    public void Read_OfAGzFile_IsThatOfItsContent()
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n"));
        }

        Assert.Equal(
            Read($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n").Fingerprint,
            Read(zipped.ToArray(), "events.csv.gz").Fingerprint
        );
        Assert.Equal(
            "The file is not gzip, although its name says so.",
            Read("no gzip at all"u8.ToArray(), "other.csv.gz").Refusal
        );
    }

    [Fact]
    public void Read_OfGzipWhateverItsName_IsThatOfItsContent()
    {
        byte[] content = Encoding.UTF8.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n");
        string expected = Read(content, "events.csv").Fingerprint!;
        Assert.Equal(expected, Read(Zip(content), "events.csv").Fingerprint);
        Assert.Equal(expected, Read(content, "events.csv.gz").Fingerprint);
        Assert.Equal(expected, Read([.. Zip(content[..20]), .. Zip(content[20..])], "members.csv.gz").Fingerprint);
    }

    [Fact]
    public void Read_OfGzipThatEndsEarly_WaitsForTheRest()
    {
        byte[] zipped = Zip(Encoding.UTF8.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n"));
        foreach (int length in (int[])[1, 2, 9, 10, 12, 40])
        {
            FileIdentity identity = Read(zipped[..length], "cut.csv.gz");
            Assert.True(
                identity.Waiting is "The file is empty." or "The compressed file ends early, before its first row."
                    || identity.Waiting!.StartsWith("The file has one line", StringComparison.Ordinal),
                identity.Refusal
            );
        }

        Assert.Equal("The file is empty.", Read([], "empty.csv.gz").Waiting);
        Assert.Equal("The file is empty.", Read(Zip([]), "nothing.csv.gz").Waiting);
    }

    [Theory]
    [InlineData("\r", "lone carriage return")]
    [InlineData("\r\r", "lone carriage return")]
    public void Read_OfLinesThatEndInALoneCarriageReturn_RefusesAndNamesIt(string lineBreak, string says)
    {
        string row = BehaviorCsv.Row + lineBreak;
        Assert.Contains(says, Read(BehaviorCsv.Header + lineBreak + row + row).Refusal, StringComparison.Ordinal);
        Assert.Contains(says, Read(BehaviorCsv.Header + "\n" + row + row).Refusal, StringComparison.Ordinal);
        Assert.Contains(
            says,
            Read(BehaviorCsv.Header + lineBreak + string.Concat(Enumerable.Repeat(row, 2_000))).Refusal,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_OfHalfALineBreak_WaitsForItsOtherHalf()
    {
        Assert.NotNull(Read(BehaviorCsv.Header + "\r").Waiting);
        Assert.NotNull(Read($"{BehaviorCsv.Header}\r\n{BehaviorCsv.Row}\r\n{BehaviorCsv.Row}\n").Fingerprint);
    }

    public static TheoryData<byte[], string> Foreign =>
        new()
        {
            { [0xFF, 0xFE, .. Encoding.Unicode.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n")], "UTF-16" },
            {
                [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n")],
                "UTF-16"
            },
            { Encoding.Unicode.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n"), "UTF-16 without a mark" },
            { [.. "PK\u0003\u0004"u8, 20, 0, 0, 0, 8, 0], "ZIP" },
            { [0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3], "zstd" },
            { [.. "BZh91AY"u8], "bzip2" },
            { [0xFD, .. "7zXZ"u8, 0, 0], "xz" },
            { [.. "PAR1"u8, 0, 1], "Parquet" },
        };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void Read_OfWhatIsNoCsv_RefusesAndSaysWhatItIs(byte[] content, string says) =>
        Assert.Contains(says, Read(content, "events.csv").Refusal, StringComparison.Ordinal);

    [Fact]
    public void Read_OfAMarkThatStandsTwice_PassesOverIt() =>
        Assert.NotNull(Read($"\uFEFF\uFEFF{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n").Fingerprint);

    public void Dispose() => _folder.Delete(recursive: true);

    private static byte[] Zip(byte[] content)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return zipped.ToArray();
    }

    private FileIdentity Read(string content) => Read(Encoding.UTF8.GetBytes(content), "events.csv");

    private FileIdentity Read(byte[] content, string name)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, content);
        using BehaviorFile file = BehaviorFile.Open(path, mayGrow: true);
        return FileIdentity.Read(file);
    }
}
