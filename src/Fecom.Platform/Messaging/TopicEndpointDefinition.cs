namespace Fecom.Platform.Messaging;

/// <summary>An endpoint: one consumer group on one topic.</summary>
public sealed record TopicEndpointDefinition
{
    /// <summary>Name, unique in the process.</summary>
    public required string Name { get; init; }

    /// <summary>Its consumer group.</summary>
    public string Group => $"fecom.{Name}";

    /// <summary>The topic it reads.</summary>
    public required string Topic { get; init; }

    /// <summary>Partitions that the topic is created with.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>Topics that its consumer sends to; a barrier follows them.</summary>
    public IReadOnlyList<string> Produces { get; init; } = [];

    /// <summary>Every host reads every partition, from the end, and no offsets are kept: for a live view in memory.</summary>
    public bool Broadcast { get; init; }

    /// <summary>Most messages of a batch. Default 5,000.</summary>
    public int BatchSize { get; init; } = 5_000;

    /// <summary>Whether a message that fails alone goes to the dead-letter topic (the default) or stops the endpoint until it passes.</summary>
    public bool DeadLetters { get; init; } = true;
}
