namespace Fecom.Ingestion.Shared;

/// <summary>The HTTP header by which a client makes the repeat of a call harmless.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";
}
