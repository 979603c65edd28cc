namespace Fecom.Testing;

/// <summary>Where the tests run: the checkout, and the real data sets that are not part of it.</summary>
internal static class Repository
{
    /// <summary>The checkout's top folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A real file under <c>FECOM_SHARED_DATA</c>, or under <c>shared/data</c> beside the checkout; the test skips with a word where it is absent.</summary>
    public static string RealFileOrSkip(string relativePath)
    {
        string folder = Environment.GetEnvironmentVariable("FECOM_SHARED_DATA") is { Length: > 0 } set
            ? set
            : Path.Combine(Root, "..", "shared", "data");
        string path = Path.GetFullPath(Path.Combine(folder, relativePath));
        Xunit.Assert.SkipUnless(
            File.Exists(path),
            $"The real file {relativePath} is not here; FECOM_SHARED_DATA names its folder."
        );
        return path;
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fecom.Monolith.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the checkout.");
    }
}
