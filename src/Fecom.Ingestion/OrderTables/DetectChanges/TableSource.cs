using Fecom.Contracts;
using Fecom.Ingestion.Shared.FindFiles;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>How the tables are called as sources: <c>fecom:orders</c>.</summary>
internal static class TableSource
{
    public static string NameOf(FecomTable table) => $"{FileSourceName.AllTables}:{table.Name}";
}
