namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>How what comes from files is called as a source: <c>file:events.csv@3b1f0a52</c>, <c>fecom:orders</c>.</summary>
internal static class FileSourceName
{
    /// <summary>Begins the name of a file with behaviour events.</summary>
    public const string Prefix = "file:";

    /// <summary>What a run names to load every file with behaviour events.</summary>
    public const string AllFiles = "file";

    /// <summary>What a run names to look at every file of the Fecom tables.</summary>
    public const string AllTables = "fecom";
}
