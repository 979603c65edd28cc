using System.Text;
using Fecom.Ingestion.EventFiles.LoadEventFiles;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

public sealed class LastLineTests
{
    [Fact]
    public void IsWhole_OfEveryCutOfAFile_OnlyWhenTheRowIsWhole()
    {
        string file = $"{BehaviorCsv.Header}\n{BehaviorCsv.Row}\n{BehaviorCsv.Row}";
        int lastLine = file.LastIndexOf('\n') + 1;
        for (int length = lastLine + 1; length < file.Length; length++)
        {
            Assert.False(IsWhole(file[..length]), file[lastLine..length]);
        }

        Assert.True(IsWhole(file));
        Assert.False(IsWhole(file + "\r"));
    }

    [Theory]
    [InlineData("a,b\n1,12\n2,13", true)]
    [InlineData("a,b\n1,1.2\n2,1.3", true)]
    [InlineData("a,b\n1,1.2\n2,123", false)]
    [InlineData("a,b\n1,12\n1,123\n2,13", false)]
    [InlineData("a,b\n1,\n2,", false)]
    [InlineData("a,b\n1,12", false)]
    [InlineData("a,b\n1,72d76fde-8bb3-4e00-8c23-a032dfed738c", true)]
    public void IsWhole_GoesByTheShapeOfTheRowsBefore(string file, bool whole) => Assert.Equal(whole, IsWhole(file));

    [Fact]
    public void TheRealMonth_CutInItsLastLine_LoadsUpToThere()
    {
        using CsvRecordReader reader = new(File.OpenRead(Repository.RealFileOrSkip("behaviour/2019-Oct.head.csv")));
        LastLine lastLine = new();
        int rows = Rows(reader, lastLine);
        Assert.Equal(17_434, rows);
        Assert.Equal((17_436, false, false), (reader.Line, reader.Terminated, lastLine.IsWhole(reader)));
    }

    private static bool IsWhole(string file)
    {
        using CsvRecordReader reader = new(new MemoryStream(Encoding.UTF8.GetBytes(file)));
        LastLine lastLine = new();
        Rows(reader, lastLine);
        Assert.False(reader.Terminated);
        return lastLine.IsWhole(reader);
    }

    private static int Rows(CsvRecordReader reader, LastLine lastLine)
    {
        reader.ReadHeader();
        int rows = 0;
        while (reader.Read() && reader.Terminated)
        {
            Assert.Equal(CsvFault.None, reader.Fault);
            lastLine.Observe(reader);
            rows++;
        }

        return rows;
    }
}
