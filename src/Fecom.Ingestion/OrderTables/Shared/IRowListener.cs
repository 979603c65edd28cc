using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Ingestion.OrderTables.Shared;

/// <summary>Receives rows' changes before their snapshot counts as taken; after a crash it receives the same ones again.</summary>
internal interface IRowListener
{
    /// <summary>The columns of a table that it needs; none when it does not need the table.</summary>
    IReadOnlyList<string> Columns(FecomTable table);

    /// <summary>Stores changes durably. A key occurs once among the changes of a snapshot.</summary>
    Task TakeAsync(FecomTable table, IReadOnlyList<ListenedRow> rows, CancellationToken cancellationToken);

    /// <summary>A table's snapshot has been taken.</summary>
    void Completed(FecomTable table);
}

/// <summary>A row's change as a listener wants it.</summary>
/// <param name="Deleted">The row was deleted.</param>
/// <param name="Values">The listener's columns, with their current or last values; null for an empty one.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ListenedRow(bool Deleted, string?[] Values);
