using Fecom.Contracts;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunSources;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>The tables as sources: one each, as soon as there has been a file of it.</summary>
internal sealed class TableSources(
    TableStates states,
    ActiveTable active,
    InputFolder folder,
    IOptions<LoadOptions> options
) : ISourceCatalog, IStartableSources
{
    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, TableSnapshot> snapshots = (await states.SnapshotsAsync(cancellationToken)).ToDictionary(
            snapshot => snapshot.TableName,
            StringComparer.Ordinal
        );
        ILookup<string, TableFile> files = (await states.FilesAsync(cancellationToken)).ToLookup(
            file => file.TableName,
            StringComparer.Ordinal
        );
        TableProgress? progress = active.Current;
        return
        [
            .. FecomTables
                .All.Select(table =>
                    Status(
                        TableSource.NameOf(table),
                        snapshots.GetValueOrDefault(table.Name),
                        files[table.Name].LastOrDefault(),
                        progress?.Source.Source == TableSource.NameOf(table) ? progress : null
                    )
                )
                .OfType<SourceStatus>(),
        ];
    }

    public Task<string?> FindAsync(string name, CancellationToken cancellationToken)
    {
        bool known =
            name == FileSourceName.AllTables || FecomTables.All.Any(table => TableSource.NameOf(table) == name);
        string? byFile =
            name.StartsWith(FileSourceName.Prefix, StringComparison.Ordinal)
            && folder.TableOf(name[FileSourceName.Prefix.Length..]) is { } its
                ? TableSource.NameOf(its)
                : null;
        return Task.FromResult(
            !options.Value.Enabled ? null
            : known ? name
            : byFile
        );
    }

    private static SourceStatus? Status(string name, TableSnapshot? snapshot, TableFile? file, TableProgress? progress)
    {
        if (snapshot is null && file is null && progress is null)
        {
            return null;
        }

        Findings findings = snapshot is null ? new Findings() : TableStates.FindingsOf(snapshot);
        return new SourceStatus
        {
            Name = name,
            Kind = "table",
            State = progress is null ? file?.State ?? "completed" : "loading",
            File = progress?.FileName ?? file?.FileName ?? snapshot?.FileName,
            Rows = progress?.Source.Rows ?? snapshot?.Rows ?? 0,
            Malformed = findings.Malformed.Count,
            Position = snapshot?.Position ?? 0,
            Bytes = progress?.Source.Bytes,
            TotalBytes = progress?.FileSize ?? file?.Size,
            RowsPerSecond = progress is null ? null : Math.Round(progress.Source.Rate.Rows),
            StartedAt = progress?.StartedAt ?? snapshot?.TakenAt,
            FinishedAt = progress is null ? snapshot?.FinishedAt : null,
            Changes = snapshot is null
                ? null
                : new SourceChanges(snapshot.Number, snapshot.Created, snapshot.Updated, snapshot.Deleted),
            Findings = Listed(findings, snapshot?.Held ?? 0),
            Notice = file?.Notice is { } notice ? $"{file.FileName}: {notice}" : snapshot?.Notice,
            LastError =
                progress?.Source.LastError ?? (file?.LastError is { } error ? $"{file.FileName}: {error}" : null),
        };
    }

    private static IReadOnlyList<SourceFinding>? Listed(Findings findings, long held)
    {
        List<SourceFinding> listed =
        [
            new("malformed", findings.Malformed.Count, findings.Malformed.Examples),
            new("empty", findings.Empty.Count, findings.Empty.Examples),
            new("without_key", findings.WithoutKey.Count, findings.WithoutKey.Examples),
            new("duplicate_key", findings.Duplicate.Count, findings.Duplicate.Examples),
            new("held", held, []),
        ];
        listed.RemoveAll(finding => finding.Count == 0);
        return listed.Count == 0 ? null : listed;
    }
}
