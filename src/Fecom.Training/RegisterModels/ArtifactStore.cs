using System.Security.Cryptography;
using Fecom.Platform.ObjectStore;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.RegisterModels;

/// <summary>Model artifacts in the store of models (<c>Models:Store</c>): <c>{model}/{version}/model.bin</c>.</summary>
internal sealed partial class ArtifactStore(IFileStore files, ILogger<ArtifactStore> logger)
{
    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string HashOf(ReadOnlySpan<byte> artifact) => Convert.ToHexStringLower(SHA256.HashData(artifact));

    /// <summary>Writes an artifact and returns its path in the store and its SHA-256.</summary>
    public async Task<(string Path, string Sha256)> WriteAsync(
        string model,
        int version,
        byte[] artifact,
        CancellationToken cancellationToken
    )
    {
        string path = $"{model}/{version}/model.bin";
        await files.WriteAsync(path, artifact, cancellationToken);
        return (path, HashOf(artifact));
    }

    /// <summary>Removes an artifact; does nothing when it is gone.</summary>
    public Task RemoveAsync(string path, CancellationToken cancellationToken) =>
        files.RemoveAsync(path, cancellationToken);

    /// <summary>
    /// Reads a version as serving does; null, with the reason in the log, when its artifact is gone or cannot be read. A store that does
    /// not answer is no such reason: what it has is not known, and the caller fails.
    /// </summary>
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
        catch (InvalidDataException e)
        {
            LogUnreadable(version.Model, version.Version, e.Message);
            return null;
        }
    }

    /// <summary>Reads an artifact; null when the file is gone or is not what was registered.</summary>
    public async Task<byte[]?> ReadAsync(string path, string sha256, CancellationToken cancellationToken) =>
        await files.ReadAsync(path, cancellationToken) is { } artifact && HashOf(artifact) == sha256 ? artifact : null;

    [LoggerMessage(LogLevel.Warning, "The artifact of {Model} version {Version} cannot be read: {Reason}")]
    private partial void LogUnreadable(string model, int version, string reason);
}
