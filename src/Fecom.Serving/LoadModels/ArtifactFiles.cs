using System.Security.Cryptography;
using Fecom.Platform;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.LoadModels;

/// <summary>Reads artifacts below <c>Paths:Models</c>, and checks their SHA-256 against the registry's.</summary>
internal sealed class ArtifactFiles(IOptions<FecomPaths> paths)
{
    /// <exception cref="InvalidDataException">There is no such file below the root, or its bytes are others.</exception>
    public async Task<byte[]> ReadAsync(string relative, string sha256, CancellationToken cancellationToken)
    {
        string root = Path.GetFullPath(paths.Value.Models);
        string path = Path.GetFullPath(relative, root);
        if (!path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{relative} does not lie below Paths:Models.");
        }

        if (!File.Exists(path))
        {
            throw new InvalidDataException($"There is no file {relative} below Paths:Models.");
        }

        byte[] artifact = await File.ReadAllBytesAsync(path, cancellationToken);
        string actual = Convert.ToHexStringLower(SHA256.HashData(artifact));
        return actual == sha256
            ? artifact
            : throw new InvalidDataException(
                $"{relative} is not what was registered: its SHA-256 is {actual}, not {sha256}."
            );
    }
}
