namespace Fecom.Platform.ObjectStore;

/// <summary>Small files that every host reads: in a folder that they share, or in a bucket. A file is there whole or not at all.</summary>
/// <remarks>What hinders a bucket is thrown as an <see cref="ObjectStoreException"/>, what hinders a folder as an <see cref="IOException"/>.</remarks>
public interface IFileStore
{
    /// <summary>Where it is, for messages: <c>/srv/models</c>, or <c>the bucket models</c>.</summary>
    string Place { get; }

    /// <summary>Stores a file under a name such as <c>a/1/b.bin</c>; what has the name is replaced.</summary>
    /// <param name="name">The name.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task WriteAsync(string name, byte[] bytes, CancellationToken cancellationToken);

    /// <summary>A file; null when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">The name leads out of the store.</exception>
    Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>The names of the files whose names begin so.</summary>
    /// <param name="folder">Such as <c>a/</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Removes a file, if it is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task RemoveAsync(string name, CancellationToken cancellationToken);
}
