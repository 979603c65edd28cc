using System.Security.Cryptography;
using Fecom.Platform;
using Microsoft.Extensions.Options;

namespace Fecom.Training.RegisterModels;

/// <summary>Model artifacts as files below <c>Paths:Models</c>: <c>{model}/{version}/model.bin</c>. A file is there whole or not at all.</summary>
internal sealed class ArtifactStore(IOptions<FecomPaths> paths)
{
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

        return (relative, Convert.ToHexStringLower(SHA256.HashData(artifact)));
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
        return Convert.ToHexStringLower(SHA256.HashData(artifact)) == sha256 ? artifact : null;
    }
}
