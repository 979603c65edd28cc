namespace Fecom.Ingestion.HttpEvents.Shared;

/// <summary>A row of the outbox: events that were committed together.</summary>
/// <param name="FirstSeq">Number of its first event.</param>
/// <param name="Events">How many.</param>
/// <param name="Payload">A line of JSON each.</param>
/// <param name="ReceivedAt">When they were committed, UTC.</param>
/// <param name="Traces">The trace contexts of the calls that brought them; null when there are none.</param>
internal sealed record OutboxChunk(
    long FirstSeq,
    int Events,
    ReadOnlyMemory<byte> Payload,
    DateTime ReceivedAt,
    string[]? Traces
);
