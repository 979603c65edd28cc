using Fecom.Platform;
using Fecom.Platform.Failures;
using Fecom.Platform.ObjectStore;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.Lake;

/// <summary>The lake as a folder. A file gets its name when all of it is on the disk.</summary>
internal sealed class FileLakeStore(IOptions<FecomPaths> paths) : ILakeStore
{
    /// <summary>In the lake, so that it is on the same disk; not below a topic, so that no reader meets it.</summary>
    private const string Unfinished = "_unfinished";

    private readonly string _folder = Path.GetFullPath(paths.Value.LakeFolder);

    public Task PutAsync(string name, string file, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            string unfinished = Path.Combine(_folder, Unfinished, Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(Path.GetDirectoryName(unfinished)!);
            await using (FileStream from = File.OpenRead(file))
            await using (FileStream to = new(unfinished, FileMode.CreateNew))
            {
                await from.CopyToAsync(to, cancellationToken);
                to.Flush(flushToDisk: true);
            }

            string target = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(unfinished, target, overwrite: true);
            return true;
        });

    public Task<bool> TryCreateAsync(string name, string text, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            string target = Path.Combine(_folder, name);
            if (File.Exists(target))
            {
                return false;
            }

            string unfinished = Path.Combine(_folder, Unfinished, Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(Path.GetDirectoryName(unfinished)!);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllTextAsync(unfinished, text, cancellationToken);
            try
            {
                File.Move(unfinished, target);
                return true;
            }
            catch (IOException) when (File.Exists(target))
            {
                File.Delete(unfinished);
                return false;
            }
        });

    public Task<bool> TryGetAsync(string name, string file, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            string source = Path.Combine(_folder, name);
            if (!File.Exists(source))
            {
                return false;
            }

            await using FileStream from = File.OpenRead(source);
            await using FileStream to = File.Create(file);
            await from.CopyToAsync(to, cancellationToken);
            return true;
        });

    public async IAsyncEnumerable<string> ListAsync(
        string prefix,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string folder = Path.Combine(_folder, prefix[..(prefix.LastIndexOf('/') + 1)]);
        IReadOnlyList<string> names = await GuardAsync(() =>
            Task.FromResult<IReadOnlyList<string>>(
                Directory.Exists(folder)
                    ?
                    [
                        .. Directory
                            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                            .Select(path => Path.GetRelativePath(_folder, path))
                            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)),
                    ]
                    : []
            )
        );
        foreach (string name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        GuardAsync(() =>
        {
            string target = Path.Combine(_folder, name);
            if (File.Exists(target))
            {
                File.Delete(target);
            }

            return Task.FromResult(true);
        });

    public Task CleanAsync(DateTime before, CancellationToken cancellationToken) =>
        GuardAsync(() =>
        {
            DirectoryInfo unfinished = new(Path.Combine(_folder, Unfinished));
            if (unfinished.Exists)
            {
                foreach (FileInfo file in unfinished.EnumerateFiles().Where(file => file.LastWriteTimeUtc < before))
                {
                    file.Delete();
                }
            }

            return Task.FromResult(true);
        });

    private async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ObjectStoreException($"The folder {_folder} (Paths:Lake) cannot be used: {FailureText.Of(e)}", e);
        }
    }
}
