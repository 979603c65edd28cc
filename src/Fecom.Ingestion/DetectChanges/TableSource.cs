using Fecom.Contracts;

namespace Fecom.Ingestion.DetectChanges;

/// <summary>How the tables are called as sources: <c>fecom:orders</c>.</summary>
internal static class TableSource
{
    /// <summary>What a run names to look at every table's files.</summary>
    public const string AllTables = "fecom";

    public static string NameOf(FecomTable table) => $"{AllTables}:{table.Name}";
}
