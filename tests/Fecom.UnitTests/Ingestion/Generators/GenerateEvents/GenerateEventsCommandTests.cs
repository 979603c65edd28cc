using System.IO.Compression;
using Fecom.Ingestion;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Testing;
using Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Generators.GenerateEvents;

public sealed class GenerateEventsCommandTests : IDisposable
{
    private readonly GeneratedFiles _files = new();

    [Fact]
    public void Run_WithTheSameSeed_WritesTheSameBytes()
    {
        byte[] first = File.ReadAllBytes(_files.Generate(3_000, 7));
        Assert.Equal(first, File.ReadAllBytes(_files.Generate(3_000, 7, name: "again.csv")));
        Assert.NotEqual(first, File.ReadAllBytes(_files.Generate(3_000, 8, name: "other.csv")));
    }

    [Fact]
    public void Run_ForMoreEvents_BeginsWithTheShorterRun()
    {
        byte[] shorter = File.ReadAllBytes(_files.Generate(1_000, 7));
        Assert.Equal(shorter, File.ReadAllBytes(_files.Generate(5_000, 7, name: "longer.csv"))[..shorter.Length]);
    }

    [Fact]
    public void Run_ToAGzFile_CompressesTheSameRows()
    {
        using GZipStream zipped = new(
            File.OpenRead(_files.Generate(1_000, 7, name: "events.csv.gz")),
            CompressionMode.Decompress
        );
        using StreamReader reader = new(zipped);
        Assert.Equal(File.ReadAllText(_files.Generate(1_000, 7)), reader.ReadToEnd());
    }

    [Fact]
    public void Run_WithAnInvalidShare_ManglesAboutThatManyAndLeavesTheOthersAlone()
    {
        string[] valid = File.ReadAllLines(_files.Generate(20_000, 7));
        string[] mixed = File.ReadAllLines(_files.Generate(20_000, 7, invalid: "0.1", name: "mixed.csv"));
        int differing = valid.Zip(mixed).Count(pair => pair.First != pair.Second);
        Assert.Equal(valid.Length, mixed.Length);
        Assert.InRange(differing, 1_800, 2_200);
    }

    [Fact]
    public void Run_WithAnInvalidShare_MakesRowsThatAReaderOfCsvRefuses()
    {
        List<CsvFault> faults = [];
        using CsvRecordReader reader = new(File.OpenRead(_files.Generate(5_000, 7, invalid: "0.2")));
        reader.ReadHeader();
        while (reader.Read())
        {
            faults.Add(reader.Fault);
        }

        Assert.Equal(5_000, faults.Count);
        Assert.Equal([CsvFault.None, CsvFault.FieldCount, CsvFault.NotUtf8], faults.Distinct().Order());
    }

    [Fact]
    public void Run_WithSharesOfKinds_ManglesInThoseWaysAlone()
    {
        string[] valid = File.ReadAllLines(_files.Generate(20_000, 7));
        string[] mixed = File.ReadAllLines(
            _files.Generate(20_000, 7, invalid: "zero_price=0.05,no_user=0.01", name: "mixed.csv")
        );
        string[] differing = [.. valid.Zip(mixed).Where(pair => pair.First != pair.Second).Select(pair => pair.Second)];
        int zeroPrice = differing.Count(row => row.Split(',')[6] == "0.00");
        int noUser = differing.Count(row => row.Split(',')[7].Length == 0);
        Assert.Equal(differing.Length, zeroPrice + noUser);
        Assert.InRange(zeroPrice, 850, 1_150);
        Assert.InRange(noUser, 140, 260);
    }

    [Theory]
    [InlineData(0, "0", "x.csv", "--events")]
    [InlineData(5, "1.5", "x.csv", "--invalid")]
    [InlineData(5, "NaN", "x.csv", "--invalid")]
    [InlineData(5, "zero_price=0.7,no_user=0.7", "x.csv", "--invalid")]
    [InlineData(5, "zero_cost=0.1", "x.csv", "--invalid has 'zero_cost=0.1'")]
    [InlineData(5, "zero_price", "x.csv", "--invalid has 'zero_price'")]
    [InlineData(5, "0", " ", "--out")]
    public void Run_WithAWrongArgument_NamesIt(long events, string invalid, string output, string named)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            GenerateEventsCommand.Run(events, 1, output, invalid, CancellationToken.None)
        );
        Assert.DoesNotContain("Parameter", error.Message, StringComparison.Ordinal);
        Assert.StartsWith(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WhenCancelled_LeavesNoFile()
    {
        Assert.Throws<OperationCanceledException>(() =>
            GenerateEventsCommand.Run(5_000, 1, _files.PathOf("x.csv"), "0", new CancellationToken(canceled: true))
        );
        Assert.Empty(Directory.GetFiles(_files.PathOf(".")));
    }

    [Fact]
    public void TheSample_IsWhatTheCommandInItsReadmeWrites() =>
        Assert.Equal(
            File.ReadAllBytes(_files.Generate(10_000, 1)),
            File.ReadAllBytes(Path.Combine(Repository.Root, "data", "raw", "sample.csv"))
        );

    [Fact]
    public void TheRows_AreEventsOfTheBehaviorSchema() =>
        Assert.All(
            BehaviorCsv.Messages(File.OpenRead(_files.Generate(2_000, 3))),
            message => Assert.Null(message.Malformed)
        );

    public void Dispose() => _files.Dispose();
}
