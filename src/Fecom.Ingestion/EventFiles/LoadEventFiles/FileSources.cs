using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunSources;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>Lists the files as sources: their rows in PostgreSQL, and the progress of this host's running load.</summary>
internal sealed class FileSources(
    FileLoadTable table,
    ActiveLoad active,
    InputFolder folder,
    IOptions<LoadOptions> options,
    TimeProvider time
) : ISourceCatalog, IStartableSources
{
    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        LoadProgress? progress = active.Current;
        DateTime listedSince = time.GetUtcNow().UtcDateTime.AddMinutes(-options.Value.MissingMinutes);
        return
        [
            .. (await table.AllAsync(cancellationToken))
                .Where(load => load.MissingSince is null || load.MissingSince > listedSince)
                .Select(load => Status(load, progress?.Source == load.Source ? progress : null)),
        ];
    }

    public async Task<string?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
        {
            return null;
        }

        bool known =
            name == FileSourceName.AllFiles
            || (
                name.StartsWith(FileSourceName.Prefix, StringComparison.Ordinal)
                && folder.HasBehaviorFile(name[FileSourceName.Prefix.Length..])
            )
            || (await table.AllAsync(cancellationToken)).Any(load => load.Source == name);
        return known ? name : null;
    }

    private static SourceStatus Status(FileLoad load, LoadProgress? progress)
    {
        LoadPosition position = progress?.Sent ?? load.Position;
        (double Rows, double Bytes)? rate = progress?.Rate;
        return new SourceStatus
        {
            Name = load.Source,
            Kind = "file",
            State = load.MissingSince is null || load.State == LoadStates.Failed ? load.State : LoadStates.Missing,
            Rows = position.Rows + (load.LastLineSent ? 1 : 0),
            Malformed = position.Malformed,
            Position = load.NextLine - 1,
            Bytes = position.BytesRead,
            TotalBytes = load.Size,
            RowsPerSecond = rate is { } r ? Math.Round(r.Rows) : null,
            SecondsLeft = rate is { Bytes: > 0 } left
                ? Math.Round(Math.Max(0, load.Size - position.BytesRead) / left.Bytes, 1)
                : null,
            StartedAt = load.StartedAt,
            FinishedAt = load.FinishedAt,
            Notice = load.Notice,
            LastError = progress?.LastError ?? load.LastError,
        };
    }
}
