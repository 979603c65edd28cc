using Fecom.Learning.NextItem;
using Fecom.Training.RecommendOffline;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class OfflineRecommendationsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fecom-recommend-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_WritesALineForEachQuestion_TheBestFirst()
    {
        Write("train", string.Concat(Enumerable.Repeat("a b c\nb  c d\r\n\nx y\n", 20)));
        Write("prefixes", "a\n\nunknown a\nx");
        Write("out", "of before");

        Run(count: 3);

        string[] lines = File.ReadAllLines($"{_folder}/out");
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.Equal(3, line.Split(' ').Distinct().Count()));
        Assert.Contains("b", lines[0].Split(' ')[..2]);
        Assert.Equal(lines[0], lines[2]);
        Assert.Contains("y", lines[3].Split(' ')[..2]);
        Assert.False(File.Exists($"{_folder}/out.part"));
    }

    [Theory]
    [InlineData("", "a", "holds no session")]
    [InlineData("\n \n", "a", "holds no session")]
    [InlineData("a b\na\tb c\n", "a", "train, line 2: 'a?b' is no product id")]
    [InlineData("a b\n", "a\n\0\u0001 b\n", "prefixes, line 2: '??' is no product id")]
    [InlineData("a 12345678901234567890123456789012345678901234567890123456789012345\n", "a", "is no product id")]
    public void Run_WhenAFileIsMalformed_NamesTheLineAndLeavesTheOutput(string train, string prefixes, string words)
    {
        Write("train", train);
        Write("prefixes", prefixes);
        Write("out", "of before");

        string message = Assert.Throws<InvalidDataException>(() => Run(count: 3)).Message;

        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Equal("of before", File.ReadAllText($"{_folder}/out"));
    }

    [Fact]
    public void Run_WhenALineIsTooLong_SaysSo()
    {
        Write("train", "a b\n" + new string('1', 1_000_001));
        Write("prefixes", "a");

        string message = Assert.Throws<InvalidDataException>(() => Run(count: 3)).Message;

        Assert.Contains("train, line 2 has 1000001 characters", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WhenCancelled_LeavesTheOutputAndNoPart()
    {
        Write("train", "a b c\n");
        Write("prefixes", "a");
        Write("out", "of before");

        Assert.ThrowsAny<OperationCanceledException>(() => Run(count: 3, new CancellationToken(canceled: true)));

        Assert.Equal("of before", File.ReadAllText($"{_folder}/out"));
        Assert.False(File.Exists($"{_folder}/out.part"));
    }

    private void Write(string file, string text) => File.WriteAllText($"{_folder}/{file}", text);

    private void Run(int count, CancellationToken? cancellationToken = null) =>
        OfflineRecommendations.Run(
            $"{_folder}/train",
            $"{_folder}/prefixes",
            count,
            $"{_folder}/out",
            new RankerOptions { Threads = 1 },
            TextWriter.Null,
            cancellationToken ?? TestContext.Current.CancellationToken
        );
}
