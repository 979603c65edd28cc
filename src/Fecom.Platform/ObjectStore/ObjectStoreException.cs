namespace Fecom.Platform.ObjectStore;

/// <summary>A store of files does not do what it is asked; the message says why, and what to look at.</summary>
/// <param name="message">For a person.</param>
/// <param name="inner">The cause.</param>
public sealed class ObjectStoreException(string message, Exception inner) : IOException(message, inner);
