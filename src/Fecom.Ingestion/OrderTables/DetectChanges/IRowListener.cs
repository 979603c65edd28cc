using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Takes rows' changes in before their snapshot counts as taken; after a crash it is told the same ones again.</summary>
internal interface IRowListener
{
    /// <summary>The columns that it wants to know of a table; none when the table is none of its business.</summary>
    IReadOnlyList<string> Columns(FecomTable table);

    /// <summary>Takes changes in for good. A key occurs once among the changes of a snapshot.</summary>
    Task TakeAsync(FecomTable table, IReadOnlyList<ListenedRow> rows, CancellationToken cancellationToken);

    /// <summary>A table's snapshot has been taken.</summary>
    void Completed(FecomTable table);
}

/// <summary>A row's change as a listener wants it.</summary>
/// <param name="Deleted">The row is no longer there.</param>
/// <param name="Values">The columns that it wants, as they are now or were last; null for an empty one.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ListenedRow(bool Deleted, string?[] Values);
