using System.Security.Cryptography;
using Fecom.Platform.ObjectStore;

namespace Fecom.Serving.LoadModels;

/// <summary>Reads artifacts from the store of models (<c>Models:Store</c>), and checks their SHA-256 against the registry's.</summary>
internal sealed class ArtifactFiles(IFileStore files)
{
    /// <exception cref="InvalidDataException">There is no such file in the store, or its bytes are others.</exception>
    public async Task<byte[]> ReadAsync(string path, string sha256, CancellationToken cancellationToken)
    {
        byte[] artifact =
            await files.ReadAsync(path, cancellationToken)
            ?? throw new InvalidDataException($"There is no file {path} in the store of models.");
        string actual = Convert.ToHexStringLower(SHA256.HashData(artifact));
        return actual == sha256
            ? artifact
            : throw new InvalidDataException(
                $"{path} is not what was registered: its SHA-256 is {actual}, not {sha256}."
            );
    }
}
