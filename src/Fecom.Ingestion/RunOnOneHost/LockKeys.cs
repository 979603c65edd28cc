namespace Fecom.Ingestion.RunOnOneHost;

/// <summary>The module's advisory locks.</summary>
internal static class LockKeys
{
    public const long ReplayFiles = 0x6665_636f_6d10;
    public const long RelayOutbox = 0x6665_636f_6d11;
    public const long AppendToOutbox = 0x6665_636f_6d12;
}
