namespace Fecom.Contracts;

/// <summary>A message that says itself where it came from, wherever it stands: a source, and a place there.</summary>
public interface ISourcedMessage
{
    /// <summary>Where it came from.</summary>
    string Source { get; }

    /// <summary>Place in the source. Ascends within a source and lane.</summary>
    long Position { get; }

    /// <summary>Partition of the topic that it came through first; null when it does not say.</summary>
    int? Lane { get; }

    /// <summary>When Fecom first took it in, UTC.</summary>
    DateTime ReceivedAt { get; }
}
