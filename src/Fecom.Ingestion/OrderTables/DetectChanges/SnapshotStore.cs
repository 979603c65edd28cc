using Fecom.Contracts;
using Fecom.Platform;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>
/// A table's snapshots in the folder <c>processed</c>: the last one (<c>.snapshot</c>), the next one while its changes are being
/// sent (<c>.pending</c>), and one that is being written (<c>.part</c>). A file changes its state by a rename, after it was flushed to disk.
/// </summary>
internal sealed class SnapshotStore(IOptions<FecomPaths> paths, TableStates states)
{
    private readonly string _folder = Path.GetFullPath(Path.Combine(paths.Value.Data, "processed"));

    /// <summary>The files of a table.</summary>
    public async Task<TableSnapshots> OfAsync(FecomTable table, CancellationToken cancellationToken)
    {
        string instance = (await states.InstanceAsync(cancellationToken)).ToString("N")[..8];
        return new TableSnapshots(Path.Combine(_folder, $"{table.Name}.{instance}"));
    }
}

/// <summary>The files of one table.</summary>
internal sealed class TableSnapshots(string path)
{
    private string CurrentPath => path + ".snapshot";

    private string PendingPath => path + ".pending";

    private string PartPath => path + ".part";

    private string HeldPath => path + ".held";

    /// <summary>The last snapshot; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public SnapshotFile? Current() => File.Exists(CurrentPath) ? SnapshotFile.Open(CurrentPath) : null;

    /// <summary>The next snapshot, whole, whose changes may have been sent or not; null when there is none.</summary>
    /// <inheritdoc cref="Current" path="/exception"/>
    public SnapshotFile? Pending() => File.Exists(PendingPath) ? SnapshotFile.Open(PendingPath) : null;

    /// <summary>Begins a new snapshot.</summary>
    /// <exception cref="SnapshotWriteException">The file system refuses.</exception>
    public SnapshotWriter Begin()
    {
        SnapshotWriteException.Guard(path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        return new SnapshotWriter(PartPath);
    }

    /// <summary>Begins a file for rows that stay as they were.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public SnapshotWriter BeginHeld() => new(HeldPath);

    /// <summary>Makes the written and sealed file the next snapshot.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public void Promise() => SnapshotWriteException.Guard(path, () => File.Move(PartPath, PendingPath));

    /// <summary>Adds the held rows to the next snapshot: compared again, it gives the same changes.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public void MergeHeld()
    {
        using (SnapshotFile pending = SnapshotFile.Open(PendingPath))
        using (SnapshotFile held = SnapshotFile.Open(HeldPath))
        using (SnapshotWriter merged = new(PartPath))
        {
            byte[] buffer = [];
            for (int partition = 0; partition < SnapshotWriter.Partitions; partition++)
            {
                int length = pending.Read(partition, ref buffer);
                merged.Append(partition, buffer.AsSpan(0, length), pending.Rows(partition));
                length = held.Read(partition, ref buffer);
                merged.Append(partition, buffer.AsSpan(0, length), held.Rows(partition));
            }

            merged.Seal(pending.Info);
        }

        SnapshotWriteException.Guard(
            path,
            () =>
            {
                File.Move(PartPath, PendingPath, overwrite: true);
                File.Delete(HeldPath);
            }
        );
    }

    /// <summary>Makes the next snapshot the last one.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public void Commit() =>
        SnapshotWriteException.Guard(path, () => File.Move(PendingPath, CurrentPath, overwrite: true));

    /// <summary>Deletes unfinished files.</summary>
    public void Clean()
    {
        if (Directory.Exists(Path.GetDirectoryName(path)))
        {
            File.Delete(PartPath);
            File.Delete(HeldPath);
        }
    }

    /// <summary>Deletes the next snapshot, which does not follow the one that the database has recorded.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public void ForgetPending() => SnapshotWriteException.Guard(path, () => File.Delete(PendingPath));

    /// <summary>Deletes the last snapshot, of which the database has no record.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public void ForgetCurrent() => SnapshotWriteException.Guard(path, () => File.Delete(CurrentPath));
}
