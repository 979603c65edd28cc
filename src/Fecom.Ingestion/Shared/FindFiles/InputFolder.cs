using Fecom.Contracts;
using Fecom.Platform;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>The folder <c>raw</c> below <c>Paths:Data</c>: files of behaviour events, and exports of the Fecom tables.</summary>
internal sealed class InputFolder(IOptions<FecomPaths> paths, IOptions<LoadOptions> options, FileKinds kinds)
{
    private const string Sample = "sample.csv";

    public string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(paths.Value.Data, "raw"));

    /// <summary>Its files of behaviour events in the order of their names; none while there is no such folder.</summary>
    public string[] BehaviorFiles() => [.. Files().Where(path => kinds.TableOf(path) is null)];

    /// <summary>Its files that are an export of a Fecom table.</summary>
    public IReadOnlyList<(string Path, FecomTable Table)> TableFiles() =>
        [
            .. Files()
                .Select(path => (Path: path, Table: kinds.TableOf(path)))
                .Where(file => file.Table is not null)
                .Select(file => (file.Path, file.Table!)),
        ];

    /// <summary>What has the name of an input file and is none, with the reason why it is not read.</summary>
    public IReadOnlyList<(string Path, string Refusal)> Refused() =>
        [
            .. Entries()
                .Select(path => (Path: path, Refusal: FileNature.RefusalOf(path)))
                .Where(entry => entry.Refusal is not null)
                .Select(entry => (entry.Path, entry.Refusal!)),
        ];

    /// <summary>Whether a file of behaviour events of that name lies in the folder itself.</summary>
    public bool HasBehaviorFile(string name) => Has(name) && kinds.TableOf(System.IO.Path.Combine(Path, name)) is null;

    /// <summary>The table that a file of that name in the folder itself is an export of; null when there is no such file.</summary>
    public FecomTable? TableOf(string name) => Has(name) ? kinds.TableOf(System.IO.Path.Combine(Path, name)) : null;

    private bool Has(string name) =>
        System.IO.Path.GetFileName(name) == name
        && IsInput(name)
        && System.IO.Path.Combine(Path, name) is var path
        && File.Exists(path)
        && FileNature.RefusalOf(path) is null;

    private IEnumerable<string> Files() => Entries().Where(path => FileNature.RefusalOf(path) is null);

    private IEnumerable<string> Entries() =>
        Directory.Exists(Path)
            ? Directory.EnumerateFileSystemEntries(Path).Where(IsInput).Order(StringComparer.Ordinal)
            : [];

    private bool IsInput(string path) =>
        FileSeen.IsInput(path) && (options.Value.Sample || System.IO.Path.GetFileName(path) != Sample);
}
