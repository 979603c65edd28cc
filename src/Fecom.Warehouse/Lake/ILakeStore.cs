using Fecom.Platform.ObjectStore;

namespace Fecom.Warehouse.Lake;

/// <summary>Where the lake's objects are kept: a folder, or a bucket. Every object is there as a whole or not at all.</summary>
/// <remarks>Whatever hinders a store is thrown as a <see cref="ObjectStoreException"/> with a message for a person.</remarks>
internal interface ILakeStore
{
    /// <summary>Stores a file under a name; what has the name is replaced.</summary>
    Task PutAsync(string name, string file, CancellationToken cancellationToken);

    /// <summary>Stores a small text unless the name is taken.</summary>
    Task<bool> TryCreateAsync(string name, string text, CancellationToken cancellationToken);

    /// <summary>Brings an object into a local file.</summary>
    /// <returns>False when there is none.</returns>
    Task<bool> TryGetAsync(string name, string file, CancellationToken cancellationToken);

    /// <summary>Names that begin with a prefix, in no order.</summary>
    IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes an object, if it is there.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Removes what writers that were killed have left of files that never came to be. Another database may be writing to the same
    /// lake, and others to the same bucket: only files of events and of gold are looked at, and only those begun before a moment.
    /// </summary>
    Task CleanAsync(DateTime before, CancellationToken cancellationToken);
}
