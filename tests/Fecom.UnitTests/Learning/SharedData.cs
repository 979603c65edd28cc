using System.Runtime.CompilerServices;
using Xunit;

namespace Fecom.UnitTests.Learning;

/// <summary>Real files that are not in the repository: the folder <c>FECOM_SHARED_DATA</c>, else <c>../shared/data</c> beside the repository.</summary>
internal static class SharedData
{
    /// <summary>The file's path; skips the test where it is absent.</summary>
    public static string PathOrSkip(string file, [CallerFilePath] string source = "")
    {
        string root = Path.Combine(Path.GetDirectoryName(source)!, "../../../../..");
        string folder = Environment.GetEnvironmentVariable("FECOM_SHARED_DATA") ?? Path.Combine(root, "../shared/data");
        string path = Path.GetFullPath(Path.Combine(folder, file));
        Assert.SkipUnless(File.Exists(path), $"{file} is not in {Path.GetFullPath(folder)} (set FECOM_SHARED_DATA).");
        return path;
    }
}
