using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.OrderTables.Shared;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Changes that are sent together.</summary>
/// <param name="Messages">One a change, in the order of their positions.</param>
/// <param name="Rows">The same for a listener; empty when nobody listens.</param>
internal sealed record ChangeBatch(IReadOnlyList<OutgoingMessage> Messages, IReadOnlyList<ListenedRow> Rows);

/// <summary>How many rows differ.</summary>
internal sealed record ChangeCounts
{
    public long Created { get; set; }

    public long Updated { get; set; }

    public long Deleted { get; set; }

    /// <summary>Rows whose line cannot be parsed now; they stay as they were.</summary>
    public long Held { get; set; }

    /// <summary>Rows of the new snapshot, one a key.</summary>
    public long Rows { get; set; }

    public long Total => Created + Updated + Deleted;
}

/// <summary>Compares two snapshots, partition by partition. The same two give the same changes under the same positions, every time.</summary>
/// <param name="table">What they are of.</param>
/// <param name="before">The last one; null when there is none.</param>
/// <param name="after">The new one.</param>
/// <param name="listened">Columns that a listener wants.</param>
/// <param name="hold">Called with the partition, the bytes and the line of a row that stays as it was.</param>
internal sealed class SnapshotDiff(
    FecomTable table,
    SnapshotFile? before,
    SnapshotFile after,
    IReadOnlyList<string> listened,
    Action<int, ReadOnlyMemory<byte>, long> hold
)
{
    private const int BatchBytes = 4 * 1024 * 1024;

    private readonly int[] _listened = [.. table.Columns.Select(column => listened.ToList().IndexOf(column.Name))];

    public ChangeCounts Counts { get; } = new();

    public Finding Duplicates { get; } = new();

    /// <summary>Position of the last change; known at the end.</summary>
    public long Position { get; private set; } = after.Info.BasePosition;

    /// <param name="batchRows">Most changes of a batch.</param>
    public IEnumerable<ChangeBatch> Batches(int batchRows)
    {
        using ChangeWriter writer = new(table, after.Info);
        PartitionDiff diff = new(table.KeyColumns);
        List<OutgoingMessage> messages = [];
        List<ListenedRow> rows = [];
        long bytes = 0;
        for (int partition = 0; partition < SnapshotWriter.Partitions; partition++)
        {
            foreach (RowDifference difference in diff.Compare(before, after, partition, Duplicates))
            {
                Count(difference.Fate);
                if (difference.Fate == RowFate.Held)
                {
                    hold(
                        partition,
                        diff.Old.Slice(difference.Before.Start, difference.Before.Length),
                        difference.Before.Line
                    );
                    continue;
                }

                messages.Add(writer.Write(difference, diff.Old.Span, diff.New.Span));
                Listen(difference, diff, rows);
                bytes += messages[^1].Value.Length;
                if (messages.Count >= batchRows || bytes >= BatchBytes)
                {
                    Position = writer.Position;
                    yield return new ChangeBatch(messages, rows);
                    (messages, rows, bytes) = ([], [], 0);
                }
            }

            Counts.Rows += diff.Rows;
        }

        Position = writer.Position;
        if (messages.Count > 0)
        {
            yield return new ChangeBatch(messages, rows);
        }
    }

    private void Count(RowFate fate)
    {
        switch (fate)
        {
            case RowFate.Created:
                Counts.Created++;
                break;
            case RowFate.Updated:
                Counts.Updated++;
                break;
            case RowFate.Deleted:
                Counts.Deleted++;
                break;
            default:
                Counts.Held++;
                break;
        }
    }

    private void Listen(in RowDifference difference, PartitionDiff diff, List<ListenedRow> rows)
    {
        if (listened.Count == 0)
        {
            return;
        }

        bool gone = difference.Fate == RowFate.Deleted;
        ReadOnlySpan<byte> row = gone
            ? diff.Old.Span[difference.Before.Start..]
            : diff.New.Span[difference.After.Start..];
        string?[] values = new string?[listened.Count];
        int at = 0;
        foreach (int place in _listened)
        {
            ReadOnlySpan<byte> value = RowBytes.ReadColumn(row, ref at);
            if (place >= 0 && !value.IsEmpty)
            {
                values[place] = Encoding.UTF8.GetString(value);
            }
        }

        rows.Add(new ListenedRow(gone, values));
    }
}
