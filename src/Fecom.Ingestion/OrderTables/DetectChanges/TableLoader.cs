using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>The outcome of checking a table's file once.</summary>
/// <param name="Source">The table's source.</param>
/// <param name="Changes">Changes sent now.</param>
/// <param name="Error">Why the file is not taken.</param>
/// <param name="Waits">The file is still being written; a later poll takes it.</param>
internal sealed record TableOutcome(string Source, long Changes, string? Error = null, bool Waits = false);

/// <summary>
/// Takes a table's file in two steps. First it becomes the next snapshot, flushed to disk; then that is compared with the last one,
/// and replaces it once every sink has the changes. After a crash in between both still exist, and the same changes are sent again.
/// </summary>
internal sealed partial class TableLoader(
    SnapshotStore store,
    TableStates states,
    ChangeSender sender,
    ActiveTable active,
    TimeProvider time,
    ILogger<TableLoader> logger
)
{
    /// <summary>Takes a file that is no longer being written.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    /// <exception cref="SnapshotWriteException">The snapshot cannot be written.</exception>
    /// <exception cref="InvalidDataException">The last snapshot is damaged.</exception>
    public async Task<TableOutcome> LoadAsync(FecomTable table, FileSeen file, CancellationToken cancellationToken)
    {
        TableSnapshots snapshots = await store.OfAsync(table, cancellationToken);
        TableSnapshot? last = await LastAsync(table, cancellationToken);
        using TableProgress progress = active.Begin(table, file.Name, file.Size);
        SnapshotDraft draft = await Task.Run(
            () => Build(table, file, snapshots, last, progress.Source, cancellationToken),
            cancellationToken
        );
        if (
            FileSeen.Read(file.Path, time.GetUtcNow(), 0) is var now
            && (now.Size, now.ModifiedAt) != (file.Size, file.ModifiedAt)
        )
        {
            return new TableOutcome(TableSource.NameOf(table), 0, Waits: true);
        }

        if (!draft.IsTaken)
        {
            await states.KeepFileAsync(
                Looked(table, file) with
                {
                    State = draft.Refusal is null ? "waiting" : "refused",
                    Notice = draft.Waiting,
                    LastError = draft.Refusal,
                },
                cancellationToken
            );
            LogNotTaken(TableSource.NameOf(table), file.Name, draft.Refusal ?? draft.Waiting!);
            return new TableOutcome(TableSource.NameOf(table), 0, draft.Refusal);
        }

        snapshots.Promise();
        return await CompareAsync(table, snapshots, last, progress.Source, cancellationToken);
    }

    /// <summary>Resumes a snapshot whose changes a crash left unsent.</summary>
    /// <returns>Null when there is none.</returns>
    /// <inheritdoc cref="LoadAsync" path="/exception"/>
    public async Task<TableOutcome?> FinishAsync(FecomTable table, CancellationToken cancellationToken)
    {
        TableSnapshots snapshots = await store.OfAsync(table, cancellationToken);
        SnapshotInfo info;
        using (SnapshotFile? pending = snapshots.Pending())
        {
            if (pending is null)
            {
                return null;
            }

            info = pending.Info;
        }

        TableSnapshot? last = await LastAsync(table, cancellationToken);
        if (info.Number == last?.Number)
        {
            snapshots.Commit();
            return null;
        }

        if (info.Number != (last?.Number ?? 0) + 1)
        {
            LogForgotten(TableSource.NameOf(table), info.Number, last?.Number ?? 0);
            snapshots.ForgetPending();
            return null;
        }

        using TableProgress progress = active.Begin(table, info.FileName, info.FileSize);
        return await CompareAsync(table, snapshots, last, progress.Source, cancellationToken);
    }

    private async Task<TableSnapshot?> LastAsync(FecomTable table, CancellationToken cancellationToken) =>
        (await states.SnapshotsAsync(cancellationToken)).FirstOrDefault(snapshot => snapshot.TableName == table.Name);

    private SnapshotDraft Build(
        FecomTable table,
        FileSeen file,
        TableSnapshots snapshots,
        TableSnapshot? last,
        SourceProgress progress,
        CancellationToken cancellationToken
    )
    {
        using CsvFile csv = CsvFile.Open(file.Path, mayGrow: false);
        using SnapshotWriter writer = snapshots.Begin();
        DateTime takenAt = Now;
        SnapshotDraft draft = new SnapshotBuilder(csv, table, writer, progress.Moved).Build(cancellationToken);
        if (draft.IsTaken)
        {
            writer.Seal(
                new SnapshotInfo
                {
                    Table = table.Name,
                    Number = (last?.Number ?? 0) + 1,
                    BasePosition = last?.Position ?? 0,
                    FileName = file.Name,
                    FileSize = file.Size,
                    FileModifiedAt = file.ModifiedAt,
                    TakenAt = takenAt,
                    Records = draft.Records,
                    Notice = draft.Notice,
                    Findings = draft.Findings,
                }
            );
        }

        return draft;
    }

    private async Task<TableOutcome> CompareAsync(
        FecomTable table,
        TableSnapshots snapshots,
        TableSnapshot? last,
        SourceProgress progress,
        CancellationToken cancellationToken
    )
    {
        string source = TableSource.NameOf(table);
        long began = time.GetTimestamp();
        SnapshotInfo info;
        ChangeCounts counts;
        TableSnapshot taken;
        using (SnapshotFile pending = snapshots.Pending()!)
        using (SnapshotFile? current = Current(table, snapshots, last))
        using (HeldRows held = new(snapshots))
        {
            info = pending.Info;
            SnapshotDiff diff = new(table, current, pending, sender.Listened(table), held.Add);
            await sender.SendAsync(table, diff, progress, cancellationToken);
            held.Seal(info);
            counts = diff.Counts;
            taken = Taken(info, diff);
        }

        if (counts.Held > 0)
        {
            snapshots.MergeHeld();
        }

        bool isOurs = false;
        await new OutageRetry(time, progress.ReportStoring).RunAsync(
            "PostgreSQL",
            async token =>
                isOurs =
                    await states.AdvanceAsync(taken, Looked(table, info), token)
                    || (await LastAsync(table, token))?.Number == taken.Number,
            cancellationToken
        );
        if (!isOurs)
        {
            return new TableOutcome(source, 0, "Another host has taken a newer snapshot meanwhile.");
        }

        snapshots.Commit();
        sender.Complete(table);
        LogTaken(
            source,
            info.Number,
            info.FileName,
            counts.Rows,
            counts.Created,
            counts.Updated,
            counts.Deleted,
            time.GetElapsedTime(began).TotalSeconds
        );
        return new TableOutcome(source, counts.Total);
    }

    /// <summary>The last snapshot; null when the database is behind it (restored from a backup, or another database): then every row is sent.</summary>
    private SnapshotFile? Current(FecomTable table, TableSnapshots snapshots, TableSnapshot? last)
    {
        SnapshotFile? current = snapshots.Current();
        if (current is null || current.Info.Number <= (last?.Number ?? 0))
        {
            return current;
        }

        LogForgotten(TableSource.NameOf(table), current.Info.Number, last?.Number ?? 0);
        current.Dispose();
        snapshots.ForgetCurrent();
        return null;
    }

    private TableSnapshot Taken(SnapshotInfo info, SnapshotDiff diff) =>
        new()
        {
            TableName = info.Table,
            Number = info.Number,
            Position = diff.Position,
            FileName = info.FileName,
            Rows = diff.Counts.Rows,
            Created = diff.Counts.Created,
            Updated = diff.Counts.Updated,
            Deleted = diff.Counts.Deleted,
            Held = diff.Counts.Held,
            Findings = JsonSerializer.Serialize(info.Findings.With(diff.Duplicates)),
            Notice = info.Notice,
            TakenAt = info.TakenAt,
            FinishedAt = Now,
        };

    private TableFile Looked(FecomTable table, FileSeen file) =>
        new()
        {
            FileName = file.Name,
            TableName = table.Name,
            State = "completed",
            Size = file.Size,
            ModifiedAt = file.ModifiedAt,
            LookedAt = Now,
        };

    private TableFile Looked(FecomTable table, SnapshotInfo info) =>
        Looked(table, new FileSeen(info.FileName, info.FileSize, info.FileModifiedAt, AtRest: true));

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    [LoggerMessage(LogLevel.Warning, "{Source}: {File} is not taken: {Reason}")]
    private partial void LogNotTaken(string source, string file, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "{Source}: snapshot {Number} is forgotten, the database knows {Known}; its rows are sent again as new ones"
    )]
    private partial void LogForgotten(string source, long number, long known);

    [LoggerMessage(
        LogLevel.Information,
        "{Source}: snapshot {Number} of {File} has {Rows} rows: {Created} new, {Updated} changed, {Deleted} gone, in {Seconds:0.0} s"
    )]
    private partial void LogTaken(
        string source,
        long number,
        string file,
        long rows,
        long created,
        long updated,
        long deleted,
        double seconds
    );

    /// <summary>Rows that stay as they were, in a file of their own from the first one on.</summary>
    private sealed class HeldRows(TableSnapshots snapshots) : IDisposable
    {
        private SnapshotWriter? _writer;

        public void Add(int partition, ReadOnlyMemory<byte> row, long line) =>
            (_writer ??= snapshots.BeginHeld()).Append(partition, row.Span, line, unreadable: false);

        public void Seal(SnapshotInfo info) => _writer?.Seal(info);

        public void Dispose() => _writer?.Dispose();
    }
}
