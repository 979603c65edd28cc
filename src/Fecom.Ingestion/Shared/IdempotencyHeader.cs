namespace Fecom.Ingestion.Shared;

/// <summary>The HTTP header with the key by which a repeated call is recognised.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";
}
