namespace Fecom.Platform.ObjectStore;

/// <summary>Files below a folder.</summary>
/// <param name="folder">The folder; made when it is first written to.</param>
/// <param name="setting">The setting that names it, for messages.</param>
internal sealed class FolderFileStore(string folder, string setting) : IFileStore
{
    /// <summary>How the name of a file ends that is being written, or was when its host was killed.</summary>
    private const string Temporary = ".tmp";

    private readonly string _root = Path.GetFullPath(folder);

    public string Place => _root;

    public async Task WriteAsync(string name, byte[] bytes, CancellationToken cancellationToken)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = $"{path}.{Guid.NewGuid():N}{Temporary}";
        try
        {
            await using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(bytes, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    public async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        string path = PathOf(name);
        return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
    }

    public Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        string path = PathOf(folder);
        IReadOnlyList<string> names = Directory.Exists(path)
            ?
            [
                .. Directory
                    .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                    .Where(file => !file.EndsWith(Temporary, StringComparison.Ordinal))
                    .Select(file => Path.GetRelativePath(_root, file)),
            ]
            : [];
        return Task.FromResult(names);
    }

    /// <summary>Its folder goes too, where nothing else is in it.</summary>
    public Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        string path = PathOf(name);
        string within = Path.GetDirectoryName(path)!;
        if (Directory.Exists(within))
        {
            File.Delete(path);
            if (within != _root && !Directory.EnumerateFileSystemEntries(within).Any())
            {
                Directory.Delete(within);
            }
        }

        return Task.CompletedTask;
    }

    private string PathOf(string name)
    {
        string path = Path.GetFullPath(name, _root);
        return path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"{name} does not lie below {setting}.");
    }
}
