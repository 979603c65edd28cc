using Xunit;

namespace Fecom.UnitTests.Ingestion;

/// <summary>The real files, where they are present: <c>FECOM_SHARED_DATA</c>, or <c>shared/data</c> beside the repository.</summary>
internal static class SharedData
{
    /// <summary>The path of a real file; the test skips with a word when it is absent.</summary>
    public static string Require(string relativePath)
    {
        string folder = Environment.GetEnvironmentVariable("FECOM_SHARED_DATA") is { Length: > 0 } set
            ? set
            : Path.Combine(RepositoryRoot(), "..", "shared", "data");
        string path = Path.GetFullPath(Path.Combine(folder, relativePath));
        Assert.SkipUnless(File.Exists(path), $"The real file {relativePath} is not here; FECOM_SHARED_DATA names its folder.");
        return path;
    }

    public static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Fecom.Monolith.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? AppContext.BaseDirectory;
    }
}
