namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>Names of sources that are files: <c>file:events.csv@3b1f0a52</c>, <c>fecom:orders</c>.</summary>
internal static class FileSourceName
{
    /// <summary>Prefix of the sources that are files of behaviour events.</summary>
    public const string Prefix = "file:";

    /// <summary>The name in a run's request for every file of behaviour events.</summary>
    public const string AllFiles = "file";

    /// <summary>The name in a run's request for every file of the Fecom tables.</summary>
    public const string AllTables = "fecom";
}
