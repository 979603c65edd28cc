namespace Fecom.Platform.Messaging;

/// <summary>A topic that the process needs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">Partitions it is created with.</param>
public sealed record TopicDefinition(string Name, int Partitions);
