using System.Globalization;
using Fecom.Warehouse.Lake;

namespace Fecom.Warehouse.PublishGold;

/// <summary>Names of staged objects in the store. A database has a folder of its own, so that two that share a store never meet.</summary>
internal static class StageNames
{
    /// <summary>Of a batch's manifest. It is written last: a batch without one is not whole, and not to be loaded.</summary>
    public static string Manifest(Guid source, long batch) =>
        string.Create(CultureInfo.InvariantCulture, $"{LakeNames.Gold}{source:D}/manifests/{batch:D10}.json");

    /// <summary>Before the names of a batch's files.</summary>
    public static string Folder(Guid source, long batch) =>
        string.Create(CultureInfo.InvariantCulture, $"{LakeNames.Gold}{source:D}/batches/{batch:D10}/");

    /// <summary>Of a file of a table's rows.</summary>
    public static string File(Guid source, long batch, string table, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder(source, batch)}{table}-{number}.parquet");

    /// <summary>Of the statements that load the batch.</summary>
    public static string Statements(Guid source, long batch, CloudSql sql) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder(source, batch)}{sql.ToString().ToLowerInvariant()}.sql");
}
