using System.Security.Cryptography;
using Fecom.Platform;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Training.RegisterModels;

/// <summary>Model artifacts as files below <c>Paths:Models</c>: <c>{model}/{version}/model.bin</c>. A file is there whole or not at all.</summary>
internal sealed partial class ArtifactStore(IOptions<FecomPaths> paths, ILogger<ArtifactStore> logger)
{
    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string HashOf(ReadOnlySpan<byte> artifact) => Convert.ToHexStringLower(SHA256.HashData(artifact));

    /// <summary>Writes an artifact and returns its path below the root and its SHA-256.</summary>
    public async Task<(string Path, string Sha256)> WriteAsync(
        string model,
        int version,
        byte[] artifact,
        CancellationToken cancellationToken
    )
    {
        string relative = $"{model}/{version}/model.bin";
        string path = Path.Combine(paths.Value.Models, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            await using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(artifact, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return (relative, HashOf(artifact));
    }

    /// <summary>Removes an artifact with its folder; does nothing when it is gone.</summary>
    public void Remove(string relative)
    {
        string? folder = Path.GetDirectoryName(Path.Combine(paths.Value.Models, relative));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Reads a version as serving does; null, with the reason in the log, when its artifact is gone or cannot be read.</summary>
    public async Task<T?> LoadAsync<T>(
        RegisteredVersion version,
        Func<ReadOnlyMemory<byte>, T> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        try
        {
            return await ReadAsync(version.ArtifactPath, version.Sha256, cancellationToken) is { } artifact
                ? read(artifact)
                : throw new InvalidDataException($"{version.ArtifactPath} is gone, or is not what was registered.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            LogUnreadable(version.Model, version.Version, e.Message);
            return null;
        }
    }

    /// <summary>Reads an artifact; null when the file is gone or is not what was registered.</summary>
    public async Task<byte[]?> ReadAsync(string relative, string sha256, CancellationToken cancellationToken)
    {
        string path = Path.Combine(paths.Value.Models, relative);
        if (!File.Exists(path))
        {
            return null;
        }

        byte[] artifact = await File.ReadAllBytesAsync(path, cancellationToken);
        return HashOf(artifact) == sha256 ? artifact : null;
    }

    [LoggerMessage(LogLevel.Warning, "The artifact of {Model} version {Version} cannot be read: {Reason}")]
    private partial void LogUnreadable(string model, int version, string reason);
}
