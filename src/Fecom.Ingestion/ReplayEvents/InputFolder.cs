using Fecom.Platform;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.ReplayEvents;

/// <summary>The folder <c>raw</c> below <c>Paths:Data</c>.</summary>
internal sealed class InputFolder(IOptions<FecomPaths> paths)
{
    /// <summary>What a run names to load every file.</summary>
    public const string AllFiles = "file";

    public string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(paths.Value.Data, "raw"));

    /// <summary>Its input files in the order of their names; none while there is no such folder.</summary>
    public string[] Files() =>
        Directory.Exists(Path)
            ? [.. Directory.EnumerateFiles(Path).Where(FileSeen.IsInput).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Whether a file of that name lies in the folder itself.</summary>
    public bool Has(string name) =>
        System.IO.Path.GetFileName(name) == name && FileSeen.IsInput(name) && File.Exists(System.IO.Path.Combine(Path, name));
}
