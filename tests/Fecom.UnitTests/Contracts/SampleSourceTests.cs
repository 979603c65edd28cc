using System.Security.Cryptography;
using System.Text;
using Fecom.Contracts;
using Xunit;

namespace Fecom.UnitTests.Contracts;

public sealed class SampleSourceTests
{
    /// <summary>A file's source is its name and a hash over its header and first row.</summary>
    [Fact]
    public void SampleSource_IsTheFileThatComesWithFecom()
    {
        string[] lines = [.. File.ReadLines(Path.Combine(Root(), "data/raw/sample.csv")).Take(2)];
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

        Assert.Equal(BehaviorEvent.SampleSource, $"file:sample.csv@{hash[..12]}");
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Fecom.Monolith.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("There is no Fecom.Monolith.sln above the tests.");
    }
}
