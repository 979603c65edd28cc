namespace Fecom.Ingestion.Shared.RunOnOneHost;

/// <summary>The module's advisory locks.</summary>
internal static class IngestionLocks
{
    public const long LoadFiles = 0x6665_636f_6d10;
    public const long RelayOutbox = 0x6665_636f_6d11;
    public const long AppendToOutbox = 0x6665_636f_6d12;
    public const long TakeTables = 0x6665_636f_6d13;
    public const long RelayPurchases = 0x6665_636f_6d14;
    public const long CapturePostgres = 0x6665_636f_6d15;
}
