namespace Fecom.FunctionalTests;

/// <summary>The folder of real data sets that are not part of the repository.</summary>
internal static class SharedData
{
    public static string FolderOrSkip()
    {
        string folder = Environment.GetEnvironmentVariable("FECOM_SHARED_DATA") is { Length: > 0 } set
            ? set
            : Path.GetFullPath(Path.Combine(RepositoryRoot(), "..", "shared", "data"));
        Assert.SkipUnless(Directory.Exists(folder), "the real data sets are not on this machine; FECOM_SHARED_DATA names their folder");
        return folder;
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fecom.Monolith.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
