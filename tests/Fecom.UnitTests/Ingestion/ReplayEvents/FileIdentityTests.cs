using System.IO.Compression;
using System.Text;
using Fecom.Ingestion.ReplayEvents;
using Xunit;

namespace Fecom.UnitTests.Ingestion.ReplayEvents;

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
        Assert.NotEqual(first, Read($"{BehaviorCsv.Header}\n{BehaviorCsv.Row.Replace("35.79", "35.80", StringComparison.Ordinal)}\n").Fingerprint);
    }

    [Theory]
    [InlineData("", "The file is empty.")]
    [InlineData("\n\n", "The file is empty.")]
    [InlineData("event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n", "The file has no row yet.")]
    [InlineData("event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n1,2,3", "The file ends in the middle of line 2, its first row.")]
    [InlineData("event_time,event_ty", "The file has one line, without a line break.")]
    public void Read_OfAFileThatIsNotThereYet_SaysWhatItWaitsFor(string content, string waiting)
    {
        FileIdentity identity = Read(content);
        Assert.StartsWith(waiting, identity.Waiting, StringComparison.Ordinal);
        Assert.Null(identity.Fingerprint);
        Assert.Null(identity.Refusal);
    }

    [Fact]
    public void Read_OfAHeaderThatDoesNotFit_Refuses() => Assert.StartsWith("The header lacks event_time", Read("a,b\n1,2\n").Refusal, StringComparison.Ordinal);

    [Fact]
    public void Read_OfAGzFile_IsThatOfItsContent()
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n"));
        }

        Assert.Equal(Read($"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n").Fingerprint, Read(zipped.ToArray(), "events.csv.gz").Fingerprint);
        Assert.Equal("The file is not gzip, although its name says so.", Read("no gzip at all"u8.ToArray(), "other.csv.gz").Refusal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private FileIdentity Read(string content) => Read(Encoding.UTF8.GetBytes(content), "events.csv");

    private FileIdentity Read(byte[] content, string name)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, content);
        using BehaviorFile file = BehaviorFile.Open(path, mayGrow: true);
        return FileIdentity.Read(file);
    }
}
