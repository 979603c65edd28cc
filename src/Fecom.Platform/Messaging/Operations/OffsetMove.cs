namespace Fecom.Platform.Messaging;

/// <summary>A partition of an endpoint is to be read from another offset on.</summary>
/// <param name="Id">Number of the request.</param>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="Partition">The partition.</param>
/// <param name="ToOffset">Offset of the next message it is to take.</param>
/// <param name="RequestedAt">When it was asked for, UTC.</param>
/// <param name="AppliedAt">When the endpoint moved, UTC; null while it has not.</param>
/// <param name="FromOffset">Offset of the message it would have taken next; null while it has not moved.</param>
internal sealed record OffsetMove(
    long Id,
    string Endpoint,
    int Partition,
    long ToOffset,
    DateTime RequestedAt,
    DateTime? AppliedAt,
    long? FromOffset
);
